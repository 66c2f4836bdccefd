"""Core time is what the kernel's counters say about the machine and this process."""

from __future__ import annotations

import subprocess
import sys
import time
from subprocess import PIPE

from bench.limits.cores import core_time, cores

BURN = "import time\nwhile time.process_time() < 0.3: pass\n"
TICKS = 40  # ms: one of 10 ms on every core, at both ends


def test_work_of_this_process_and_of_its_children_is_its_own() -> None:
    with core_time() as found:
        end = time.process_time() + 0.2
        while time.process_time() < end:
            pass
        subprocess.run([sys.executable, "-c", BURN], check=True)
    assert found.own >= 490
    assert found.total >= found.own - TICKS


def test_work_of_others_is_in_the_total_alone() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", f"{BURN}print(flush=True)\ninput()"], stdin=PIPE, stdout=PIPE
    ) as other:
        with core_time() as found:
            assert other.stdout
            other.stdout.readline()  # it has worked; a child's work counts as ours once it has been waited for
        other.communicate(b"\n")
    assert found.total - found.own >= 300 - TICKS
    assert found.own < 100


def test_there_is_a_core() -> None:
    assert cores() >= 1
