"""Tells how many requests find no environment: a keep-alive model of Lambda, with its assumption in the open.

An environment that has answered stays for `keep_alive_s` and then is gone. AWS does not publish this time; minutes to
tens of minutes are observed. Requests take the environment used last, as long as one is free.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.process.errors import UsageError


def poisson_cold_share(requests_per_hour: float, keep_alive_s: float) -> float:
    """The share of cold starts among Poisson arrivals that do not overlap: the chance of a longer gap."""
    return math.exp(-requests_per_hour / 3600 * keep_alive_s)


def trace_cold_share(arrivals_s: Sequence[float], keep_alive_s: float, cold_s: float, warm_s: float) -> float:
    """The share of cold starts among arrivals at these times, overlapping ones included.

    A request holds its environment for `cold_s` or `warm_s`. Raises ValueError for a trace without arrivals.
    """
    if not arrivals_s:
        raise ValueError("a trace needs at least one arrival")
    free_since: list[float] = []  # of every environment, sorted; a time later than now means that it is busy
    colds = 0
    for now in sorted(arrivals_s):
        del free_since[: bisect.bisect_left(free_since, now - keep_alive_s)]
        ready = bisect.bisect_right(free_since, now)
        if ready:
            free_since.pop(ready - 1)
            bisect.insort(free_since, now + warm_s)
        else:
            colds += 1
            bisect.insort(free_since, now + cold_s)
    return colds / len(arrivals_s)


@dataclass(frozen=True)
class Poisson:
    """Arrivals at random, so many an hour."""

    per_hour: float
    overlap = "requests do not overlap"

    def cold_share(self, keep_alive_s: float, cold_s: float, warm_s: float) -> float:
        """The share of cold starts among them."""
        return poisson_cold_share(self.per_hour, keep_alive_s)


@dataclass(frozen=True)
class Trace:
    """Arrivals at given times in seconds, at least two different ones."""

    arrivals_s: tuple[float, ...]
    overlap = "overlapping requests start further environments"

    @property
    def per_hour(self) -> float:
        """Their mean rate."""
        return (len(self.arrivals_s) - 1) / (max(self.arrivals_s) - min(self.arrivals_s)) * 3600

    def cold_share(self, keep_alive_s: float, cold_s: float, warm_s: float) -> float:
        """The share of cold starts among them, which take `cold_s`; others take `warm_s`."""
        return trace_cold_share(self.arrivals_s, keep_alive_s, cold_s, warm_s)


Traffic = Poisson | Trace


def read_trace(path: Path) -> Trace:
    """A trace from a file with one arrival time in seconds a line. Raises UsageError for anything else."""
    try:
        arrivals = tuple(float(line) for line in path.read_text(encoding="utf-8").split())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{path} must hold one arrival time in seconds a line: {error}") from error
    if not all(map(math.isfinite, arrivals)):
        raise UsageError(f"{path} holds an arrival time that is not finite")
    if len(arrivals) < 2 or max(arrivals) == min(arrivals):
        raise UsageError(f"{path} must hold at least two different arrival times")
    return Trace(arrivals)
