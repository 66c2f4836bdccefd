"""Tells how many requests find no environment that is free: a keep-alive model of Lambda, with its assumption open.

An environment that has answered stays for `keep_alive_s` and then is gone. Requests take the environment used last, as
long as one is free; who finds none starts one more.
"""

from __future__ import annotations

import bisect
import itertools
import math
from dataclasses import dataclass
from functools import lru_cache

_ENOUGH = 1e-9  # requests that so few environments do not serve are no longer followed
_STEPS = 40


@dataclass(frozen=True)
class Timing:
    """In seconds: how long an idle environment stays, and how long a cold and a warm request hold one."""

    keep_alive_s: float
    cold_s: float
    warm_s: float


@dataclass(frozen=True)
class Shares:
    """Shares of the requests: those that start an environment because none is there (`alone`) or because all are busy
    (`crowded`), and those that one environment, always kept, would serve (`first`).
    """

    alone: float
    crowded: float
    first: float

    @property
    def cold(self) -> float:
        """All cold starts."""
        return self.alone + self.crowded

    @property
    def warm(self) -> float:
        """All others."""
        return 1 - self.cold


@lru_cache(maxsize=4096)
def random_shares(per_hour: float, window_h: float | None, timing: Timing) -> Shares:
    """The shares among arrivals at random, all the time or in windows of so many hours, before which nothing is left.

    Environments are numbered, and a request takes the free one with the lowest number: of Poisson arrivals, Erlang's
    loss formula tells how many pass the first `n`. Environment `n + 1` meets these, and is gone where the gap between
    two of them is longer than the keep-alive. How long a request holds an environment depends on the share of cold
    starts, so both are found by turns. (`tests/bench/cost` compares this with simulated arrivals.)
    """
    rate, cold, found = per_hour / 3600, 0.0, Shares(0.0, 0.0, 1.0)
    for _ in range(_STEPS):
        load = rate * (timing.warm_s + cold * (timing.cold_s - timing.warm_s))
        colds, passing, number = [], 1.0, 0
        while passing > _ENOUGH:
            number += 1
            further = load * passing / (number + load * passing)
            colds.append((passing - further) * _gone(rate * passing, window_h, timing.keep_alive_s))
            passing = further
        found = Shares(colds[0], sum(colds[1:]), 1 / (1 + load))
        if math.isclose(found.cold, cold, rel_tol=1e-9, abs_tol=1e-15):
            break
        cold = found.cold
    return found


def _gone(rate: float, window_h: float | None, keep_alive_s: float) -> float:
    """The share of arrivals at random before which the environment was idle for longer than it stays."""
    if window_h is None:
        return math.exp(-rate * keep_alive_s)
    window_s = window_h * 3600
    within = min(keep_alive_s, window_s)
    first_of_a_window = -math.expm1(-rate * within)
    later = rate * (window_s - within) * math.exp(-rate * keep_alive_s)
    return (first_of_a_window + later) / (rate * window_s)


@lru_cache(maxsize=64)
def trace_shares(arrivals_s: tuple[float, ...], timing: Timing) -> Shares:
    """The shares among arrivals at these times. Raises ValueError for a trace without arrivals."""
    if not arrivals_s:
        raise ValueError("a trace needs at least one arrival")
    free_since: list[float] = []  # of every environment, sorted; a time later than now means that it is busy
    alone = crowded = first = 0
    kept_free = -math.inf  # when the environment that is always kept is free again
    for now in sorted(arrivals_s):
        del free_since[: bisect.bisect_left(free_since, now - timing.keep_alive_s)]
        ready = bisect.bisect_right(free_since, now)
        if ready:
            free_since.pop(ready - 1)
        alone += not free_since and not ready
        crowded += bool(free_since) and not ready
        bisect.insort(free_since, now + (timing.warm_s if ready else timing.cold_s))
        if now >= kept_free:
            first, kept_free = first + 1, now + timing.warm_s
    total = len(arrivals_s)
    return Shares(alone / total, crowded / total, first / total)


def random_up_s(per_hour: float, window_h: float | None, stop_after_s: float) -> float:
    """The mean time, in seconds, for which an arrival at random keeps up what stops after so long without any.

    It is the time to the next arrival, at most `stop_after_s`: the integral of `_gone` over the pause.
    """
    rate = per_hour / 3600
    free_s = -math.expm1(-rate * stop_after_s) / rate
    if window_h is None:
        return free_s
    window_s = window_h * 3600
    if stop_after_s > window_s:
        raise ValueError("a pause that is longer than the window is not computed")
    firsts = (stop_after_s - free_s) / (rate * window_s)
    return free_s + firsts - (free_s - stop_after_s * math.exp(-rate * stop_after_s)) / (rate * window_s)


def trace_up_s(arrivals_s: tuple[float, ...], stop_after_s: float) -> float:
    """The same for arrivals at these times, the last of which is followed by none."""
    pauses = (later - sooner for sooner, later in itertools.pairwise(sorted(arrivals_s)))
    return (stop_after_s + sum(min(pause, stop_after_s) for pause in pauses)) / len(arrivals_s)
