"""Runs a script as a process of its own without the second that its imports take: a copy of a server that has them.

The copy has its own files, variables and folder, gets signals, and ends as a fresh process does. It does not show that
the imports work in a fresh interpreter: the tests that start the script itself do.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import wait
from pathlib import Path

#: What the server imports before it is copied: the whole of `bench/run.py`, and the libraries of `python -m model`.
#: huggingface_hub is not among them: it takes its settings from the variables that are there when it is imported.
IMPORTED = ("bench.cli", "httpx2", "onnx", "onnxruntime", "requests", "tokenizers")
# Starting one process looks after the others, and a result can be fetched once.
_alone = threading.Lock()


class Copy:
    """A running copy; what it has written is in two files. Leaving its context kills it if it still runs."""

    def __init__(self, script: Path, arguments: Sequence[str], directory: Path, environment: Mapping[str, str]) -> None:
        """Start `script` in `directory`."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(IMPORTED))
        self.args = [sys.executable, str(script), *arguments]
        self._folder = tempfile.TemporaryDirectory()
        self._out, self._err = Path(self._folder.name) / "out", Path(self._folder.name) / "err"
        become = (self.args[1:], directory, dict(environment), self._out, self._err)
        self._process = context.Process(target=_become, args=become)
        for file in (self._out, self._err):
            file.touch()
        with _alone:
            self._process.start()

    def __enter__(self) -> Copy:
        return self

    def __exit__(self, *error: object) -> None:
        self.send_signal(signal.SIGKILL)
        self.wait()
        self._folder.cleanup()

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None and self._process.pid:
            with suppress(ProcessLookupError):  # if it ends just now
                os.kill(self._process.pid, number)

    def poll(self) -> int | None:
        """Its exit code, negative after a signal, or None while it runs."""
        with _alone:
            return self._process.exitcode

    def wait(self, limit_s: float | None = None) -> int:
        """Its exit code at its end. Raises TimeoutExpired, after which it still runs."""
        in_time = wait([self._process.sentinel], limit_s)
        if not in_time:
            raise subprocess.TimeoutExpired(self.args, limit_s or 0.0, *self.written())
        with _alone:
            self._process.join()
        return self._process.exitcode or 0

    def wait_until_said(self, words: str, limit_s: float) -> None:
        """Return when a line of its errors begins with `words`. Raises AssertionError if none does in time."""
        deadline = time.monotonic() + limit_s
        while not any(line.startswith(words.encode()) for line in self._err.read_bytes().splitlines()):
            assert self.poll() is None, self.written()[1]
            assert time.monotonic() < deadline, self.written()[1]
            time.sleep(0.002)

    def written(self) -> tuple[str, str]:
        """What it has written so far to its output and to its errors."""
        return self._out.read_text(encoding="utf-8"), self._err.read_text(encoding="utf-8")


def run(
    script: Path, arguments: Sequence[str], directory: Path, environment: Mapping[str, str], limit_s: float
) -> subprocess.CompletedProcess[str]:
    """Run `script` in `directory` to its end. Raises TimeoutExpired, after which nothing is left running."""
    with Copy(script, arguments, directory, environment) as copy:
        return subprocess.CompletedProcess(copy.args, copy.wait(limit_s), *copy.written())


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
