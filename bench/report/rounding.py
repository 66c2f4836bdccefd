"""Rounds figures, so that they can be put into JSON."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable

from bench.stats.quantiles import Interval

Ends = tuple[float | None, float | None]
"""Both ends of an interval; None for an infinite one."""


def finite(value: float | None, digits: int = 3) -> float | None:
    """The number, or None for infinity, which JSON lacks: a duration longer than could be seen, counted as censored."""
    return None if value is None or not math.isfinite(value) else round(value, digits)


def ends(interval: Interval | None, digits: int = 3) -> Ends | None:
    """The ends of an interval; None where there is none."""
    return (finite(interval.low, digits), finite(interval.high, digits)) if interval else None


def median_known(values: Iterable[float | None]) -> float | None:
    """The median of the values that are not None."""
    known = [value for value in values if value is not None]
    return round(statistics.median(known), 3) if known else None
