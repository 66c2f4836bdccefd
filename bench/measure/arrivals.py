"""Computes the times at which the requests of a load are due."""

from __future__ import annotations

import random

SPACINGS = ("poisson", "constant")


def arrivals(rate: float, duration_s: float, spacing: str, seed: int) -> list[float]:
    """Due times in seconds from the start, at `rate` a second for `duration_s`.

    Poisson arrivals come at random and independently, as from many users; constant ones like a clock.
    """
    if spacing == "constant":
        return [number / rate for number in range(int(rate * duration_s))]
    rng = random.Random(seed)  # noqa: S311 - a reproducible schedule, no secret
    due, now = [], rng.expovariate(rate)
    while now < duration_s:
        due.append(now)
        now += rng.expovariate(rate)
    return due
