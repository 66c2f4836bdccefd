"""Keeps CloudWatch Logs of the lab in memory: groups hold streams, streams hold events."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

_KEPT_EVENTS = 10_000


@dataclass(frozen=True)
class Event:
    """One log line. `timestamp` is milliseconds since 1970; `sequence` orders events of one millisecond."""

    stream: str
    timestamp: int
    message: str
    sequence: int


@dataclass
class LogGroup:
    """The newest events of one function, oldest first."""

    name: str
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=_KEPT_EVENTS))
    written: int = 0

    def append(self, stream: str, message: str) -> None:
        """Add a line to a stream, stamped with the present time."""
        self.events.append(Event(stream, time.time_ns() // 1_000_000, message, self.written))
        self.written += 1


class LogStream:
    """One environment's stream of a group; `lines` are those of the present invocation."""

    def __init__(self, group: LogGroup, name: str) -> None:
        self.name = name
        self.lines: list[str] = []
        self._group = group

    def write(self, line: str) -> None:
        """Add a line."""
        self.lines.append(line)
        self._group.append(self.name, line)
