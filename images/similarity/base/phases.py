"""Measures phases on the monotonic clock and tells them to the client in a Server-Timing header."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Phases:
    """Milliseconds by phase name, and when each first began. Spans of one name add up; threads' spans may overlap.

    Beside the time on the clock stands the core time: what processors worked meanwhile, for the thread of the span or,
    where threads share the work, for the whole process. It does not depend on what else wants the same cores.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._origin = time.perf_counter()
        self._milliseconds: dict[str, float] = {}
        self._cores: dict[str, float] = {}
        self._starts: dict[str, float] = {}  # ms after the origin; negative for a phase that is older than this object

    @contextmanager
    def span(self, name: str, cores: Callable[[], float] = time.thread_time) -> Iterator[None]:
        """Measure what is within; `cores` tells the seconds of core time, of this thread or (process_time) of all."""
        start, worked = time.perf_counter(), cores()
        try:
            yield
        finally:
            self.add(name, (time.perf_counter() - start) * 1000, (cores() - worked) * 1000)

    def add(self, name: str, milliseconds: float, core: float = 0.0) -> None:
        """Count a span that ends now, and its core time in ms."""
        with self._lock:
            self._cores[name] = self._cores.get(name, 0.0) + core
            start = (time.perf_counter() - self._origin) * 1000 - milliseconds
            self._starts[name] = min(start, self._starts.get(name, start))
            self._milliseconds[name] = self._milliseconds.get(name, 0.0) + milliseconds

    def durations(self) -> dict[str, float]:
        """Milliseconds by phase, for the log."""
        with self._lock:
            return {name: round(ms, 3) for name, ms in self._milliseconds.items()}

    def server_timing(self) -> str:
        """The Server-Timing header's value (https://www.w3.org/TR/server-timing/).

        Beside the standard's `dur` each phase has `start`, how long after the first phase it began, and `core`, its
        core time; all in ms.
        """
        with self._lock:
            first = min(self._starts.values(), default=0.0)
            return ", ".join(
                f"{name};dur={ms:.3f};start={self._starts[name] - first:.3f};core={self._cores[name]:.3f}"
                for name, ms in self._milliseconds.items()
            )


def since_process_start() -> float:
    """Milliseconds since this process was started, by the kernel's count (10 ms resolution); 0 if it keeps none."""
    try:
        with open("/proc/self/stat", encoding="ascii", errors="replace") as file:
            ticks = int(file.read().rpartition(")")[2].split()[19])  # field 22 of proc(5): starttime
        started = ticks / os.sysconf("SC_CLK_TCK")
        return max(0.0, (time.clock_gettime(time.CLOCK_BOOTTIME) - started) * 1000)
    except (OSError, ValueError, IndexError, AttributeError):
        return 0.0
