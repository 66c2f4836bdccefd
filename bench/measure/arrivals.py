"""Computes the times at which the requests of a load are due."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SPACINGS = ("poisson", "constant")
MOST = 1_000_000  # in one stretch


@dataclass(frozen=True)
class Pace:
    """How often requests are due: from `start` a second evenly to `end` a second, over `duration_s`."""

    start: float
    end: float
    duration_s: float

    @property
    def expected(self) -> float:
        """How many requests are due on average."""
        return (self.start + self.end) / 2 * self.duration_s

    def time_of(self, level: float) -> float:
        """When so many requests are expected to have been due: the inverse of the integral of the rate."""
        slope = (self.end - self.start) / self.duration_s
        # sqrt(start**2 + 2 * slope * level), without squares of what is so small that its square is 0
        turned = math.sqrt(2 * abs(slope)) * math.sqrt(level)
        if slope >= 0:
            root = math.hypot(self.start, turned)
        else:
            root = math.sqrt(max(0.0, self.start - turned)) * math.sqrt(self.start + turned)
        return 2 * level / (self.start + root) if level else 0.0


def arrivals(pace: Pace, spacing: str, seed: int) -> list[float]:
    """Due times in seconds from the start.

    Poisson arrivals come at random and independently, as from many users; constant ones like a clock.
    """
    levels: Iterator[float]
    if spacing == "constant":
        levels = iter(map(float, range(int(pace.expected))))
    else:
        levels = itertools.takewhile(lambda level: level < pace.expected, _poisson(seed))
    return [pace.time_of(level) for level in levels]


def replayed(arrivals_s: Sequence[float], speed: float) -> list[float]:
    """Due times of recorded arrivals, which may be clock times or offsets, `speed` times as fast."""
    first = min(arrivals_s)
    return [(time - first) / speed for time in sorted(arrivals_s)]


def _poisson(seed: int) -> Iterator[float]:
    """A Poisson process of rate 1. Its times become those of any other rate by `Pace.time_of`."""
    rng = random.Random(seed)  # noqa: S311 - a reproducible schedule, no secret
    now = 0.0
    while True:
        now += rng.expovariate(1.0)
        yield now
