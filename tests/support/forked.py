"""Runs a script as a process of its own without the second that its imports take: a copy of a server that has them.

The copy has its own files, variables and folder, gets signals, and ends as a fresh process does. It does not show that
the imports work in a fresh interpreter: the tests that start the script itself do.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import wait
from pathlib import Path

#: What the server imports before it is copied; each is the whole of what its script imports.
IMPORTED = ("bench.cli",)
# Starting one process looks after the others, and a result can be fetched once.
_alone = threading.Lock()


def run(
    script: Path, arguments: Sequence[str], directory: Path, environment: Mapping[str, str], limit_s: float
) -> subprocess.CompletedProcess[str]:
    """Run `script` in `directory` to its end. Raises TimeoutExpired, after which nothing is left running."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(IMPORTED))
    command = [str(script), *arguments]
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        process = context.Process(target=_become, args=(command, directory, dict(environment), out, err))
        with _alone:
            process.start()
        in_time = wait([process.sentinel], limit_s)
        if not in_time:
            process.kill()
        with _alone:
            process.join()
        written = out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")
    if not in_time:
        raise subprocess.TimeoutExpired([sys.executable, *command], limit_s, *written)
    return subprocess.CompletedProcess([sys.executable, *command], process.exitcode or 0, *written)


def _become(command: list[str], directory: Path, environment: Mapping[str, str], out: Path, err: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for number, file in ((1, out), (2, err)):
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)
    os.chdir(directory)
    sys.argv = command
    runpy.run_path(command[0], run_name="__main__")
