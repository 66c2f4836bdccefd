"""Computes quantiles and their distribution-free intervals from raw points; math.inf is "longer than could be seen"."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

# Below these counts the largest of n points is, with more than 5 % probability, smaller than the percentile.
SMALLEST_N = {0.5: 1, 0.95: 59, 0.99: 299}


@dataclass(frozen=True)
class Interval:
    """A confidence interval; an end may be infinite (censored) and is then "at least"."""

    low: float
    high: float


def quantile(points: Sequence[float], p: float) -> float:
    """The p-quantile by linear interpolation between order statistics (Hyndman-Fan type 7).

    Raises ValueError without points. Infinite points are allowed; the result is infinite when it touches one.
    """
    if not points:
        raise ValueError("no points, no quantile")
    ordered = sorted(points)
    position = p * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return _between(ordered[below], ordered[above], position - below)


def stated_quantile(points: Sequence[float], p: float, effective_n: int | None = None) -> float | None:
    """The quantile, or None if there are too few points, or independent units of them, to state it."""
    units = len(points) if effective_n is None else effective_n
    return quantile(points, p) if points and units >= SMALLEST_N[p] else None


def quantile_interval(points: Sequence[float], p: float = 0.5, confidence: float = 0.95) -> Interval | None:
    """A two-sided interval for the p-quantile from interpolated order statistics (Hettmansperger-Sheather, Nyblom).

    Assumes nothing about the distribution but continuity. None if n is too small for this confidence.
    """
    ordered, tail = sorted(points), (1 - confidence) / 2
    low = _lower_limit(ordered, p, tail)
    mirrored = [-value for value in reversed(ordered)]
    high = _lower_limit(mirrored, 1 - p, tail)
    return None if low is None or high is None else Interval(low, -high)


def _lower_limit(ordered: Sequence[float], p: float, tail: float) -> float | None:
    """A value that the p-quantile falls below with probability `tail`; None where even the smallest point is above."""
    rank, weight = _rank_and_weight(len(ordered), p, tail)
    if rank == 0:
        return None
    return _between(ordered[rank - 1], ordered[min(rank, len(ordered) - 1)], weight)


@cache
def _rank_and_weight(n: int, p: float, tail: float) -> tuple[int, float]:
    """Between which order statistics (rank and the next, from 1) the limit lies, and how far towards the next."""
    wanted = 1 - tail
    covers = 1.0  # P(rank-th smallest <= quantile) = P(Binomial(n, p) >= rank), falling with the rank
    for rank in range(n + 1):
        covers_next = covers - _binomial_pmf(rank, n, p) if rank < n else 0.0
        if covers_next < wanted:
            break
        covers = covers_next
    spare, lacking = covers - wanted, wanted - covers_next
    if rank in (0, n) or spare <= 0:
        return rank, 0.0
    return rank, 1 / (1 + rank * (1 - p) * lacking / ((n - rank) * p * spare))


def _binomial_pmf(k: int, n: int, p: float) -> float:
    log_ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(log_ways + k * math.log(p) + (n - k) * math.log1p(-p))


def _between(low: float, high: float, weight: float) -> float:
    if weight == 0 or low == high:
        return low
    if math.isinf(low) or math.isinf(high):
        return low if math.isinf(low) else high
    return low + weight * (high - low)
