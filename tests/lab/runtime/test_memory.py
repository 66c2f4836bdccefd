"""A function's memory is that of its process and of the processes that this one started."""

from __future__ import annotations

import subprocess
import sys

from lab.runtime.memory import max_memory_mb

CHILD = "block = bytearray(b'x') * (60 << 20); print('ready', flush=True); input()"
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
print("ready", flush=True)
input()
"""


def test_a_child_counts() -> None:
    command = [sys.executable, "-c", PARENT, CHILD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        assert parent.stdout.readline() == "ready\n"
        together = max_memory_mb(parent.pid)
        parent.kill()
    assert together is not None
    assert together >= 60 + 10  # the block, and no Python runs in less than 5 MB


def test_a_process_that_is_gone_has_none() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    assert max_memory_mb(gone.pid) is None
