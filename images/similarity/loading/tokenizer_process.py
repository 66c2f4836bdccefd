"""Runs the tokenizer beside this process, because reading its vocabulary holds the interpreter lock.

That takes 100 ms for 50,265 tokens, during which nothing could be imported: a cold start would wait for both in turn.
In a process of its own, which starts first of all, it costs the cold start no time, and 20 MB.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import weakref
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from similarity.loading import tokenizer_child
from similarity.loading.tokenizer_child import LENGTH

PATIENCE = 10.0  # seconds for one text, reading the vocabulary included; a request has 28
CHILD = str(Path(tokenizer_child.__file__))


class TokenizerProcess:
    """A process that has none of this one's files open except its two pipes, and ends with it or by `close`."""

    def __init__(self) -> None:
        """Start it; raises OSError if no process can be started."""
        its_input, ours = os.pipe()
        self._requests = open(ours, "wb", buffering=0)  # noqa: SIM115 - open as long as the process lives
        ours, its_output = os.pipe()
        self._answers = open(ours, "rb")  # noqa: SIM115
        try:
            self.pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-S", CHILD, *sys.path],  # as little of Python as possible: 10 ms
                os.environ,
                file_actions=[(os.POSIX_SPAWN_DUP2, its_input, 0), (os.POSIX_SPAWN_DUP2, its_output, 1)],
            )
        finally:
            os.close(its_input)
            os.close(its_output)
        self.close = weakref.finalize(self, _end, self.pid, self._requests, self._answers)

    def load(self, description: bytes) -> None:
        """Give it tokenizer.json, which it reads while this process goes on; raises OSError if it has ended."""
        self._send(description)

    def ids(self, text: str) -> list[int]:
        """The token ids of a text, special tokens included; raises OSError if the process has ended or hangs."""
        patience = threading.Timer(PATIENCE, os.kill, (self.pid, signal.SIGKILL))  # which ends pipe waits, too
        patience.start()
        try:
            self._send(text.encode())
            return memoryview(self._receive(int.from_bytes(self._receive(LENGTH), "little"))).cast("I").tolist()
        finally:
            patience.cancel()

    def _send(self, data: bytes) -> None:
        rest = memoryview(len(data).to_bytes(LENGTH, "little") + data)
        while rest:
            rest = rest[self._requests.write(rest) :]

    def _receive(self, size: int) -> bytes:
        data = self._answers.read(size)
        if len(data) < size:
            raise BrokenPipeError("the tokenizer's process has ended")
        return data


def _end(pid: int, requests: BinaryIO, answers: BinaryIO) -> None:
    requests.close()
    answers.close()
    with suppress(ProcessLookupError, ChildProcessError):  # if the parent leaves its children to the kernel
        os.kill(pid, signal.SIGKILL)  # it would end by itself, but a hanging one must not block this one
        os.waitpid(pid, 0)
