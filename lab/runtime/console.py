"""Reads what RIE prints: the function's own log lines, and RIE's measurements of INIT and INVOKE."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import TypeVar

from lab.runtime.report import start_line

_ID = r"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
_START = re.compile(rf"START RequestId: {_ID} Version: ")
_END = re.compile(rf"END RequestId: {_ID}$")
_REPORT = re.compile(rf"REPORT RequestId: {_ID}\t")
_INIT_REPORT = re.compile(r"\(rapid\) INIT REPORT\(durationMs: ([0-9.]+)")
_RUNTIME_DONE = re.compile(r"\(rapid\) INVOKE RTDONE\(.*duration: ([0-9.]+)ms\)")
#: awslambdaric's log line about the event that the lab sends to start INIT (see environment.py).
_PRIMED = "[ERROR] Runtime.UnmarshalError: Unable to unmarshal input"

LINE_LIMIT = 16 << 20

_T = TypeVar("_T")


class Turn:
    """One event sent to RIE, and what RIE says about it."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.request_id: asyncio.Future[str] = loop.create_future()
        self.reported: asyncio.Future[None] = loop.create_future()
        self.runtime_ms: asyncio.Future[float] = loop.create_future()
        self.init_ms: float | None = None


class Console:
    """Follows the two outputs of one RIE process; `on_line` gets the function's lines and the START lines."""

    def __init__(self, process: asyncio.subprocess.Process, on_line: Callable[[str], None]) -> None:
        self._on_line = on_line
        self._turn = Turn()
        self._priming = True
        self._readers = [
            asyncio.create_task(_follow(process.stdout, self._function_line)),
            asyncio.create_task(_follow(process.stderr, self._emulator_line)),
        ]

    def begin(self, *, priming: bool = False) -> Turn:
        """Expect a new event; with `priming` nothing that RIE prints about it is shown."""
        self._turn, self._priming = Turn(), priming
        return self._turn

    async def drain(self) -> None:
        """Read the rest after the process has ended."""
        await asyncio.wait(self._readers, timeout=2)
        for reader in self._readers:
            reader.cancel()

    def _function_line(self, line: str) -> None:
        if match := _START.match(line):
            _resolve(self._turn.request_id, match[1])
            if not self._priming:
                self._on_line(start_line(match[1]))
        elif _REPORT.match(line):
            _resolve(self._turn.reported, None)
        elif not _END.match(line) and not (self._priming and line.startswith(_PRIMED)):
            self._on_line(line)

    def _emulator_line(self, line: str) -> None:
        if match := _INIT_REPORT.search(line):
            if self._turn.init_ms is None:
                self._turn.init_ms = float(match[1])
        elif match := _RUNTIME_DONE.search(line):
            _resolve(self._turn.runtime_ms, float(match[1]))


async def _follow(stream: asyncio.StreamReader | None, handle: Callable[[str], None]) -> None:
    while stream is not None and (line := await stream.readline()):
        handle(line.decode(errors="replace").rstrip("\r\n"))


def _resolve(future: asyncio.Future[_T], value: _T) -> None:
    if not future.done():
        future.set_result(value)
