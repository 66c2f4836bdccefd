"""Computes bootstrap intervals where order statistics give none: the ratio of two medians of unpaired samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy
from numpy.typing import NDArray

from bench.stats.quantiles import Interval

RESAMPLES = 5_000
SMALLEST_N = 6
_SEED = 20_250_801  # fixed: the same records must give the same report, byte for byte


def median_ratio_interval(a: Sequence[float], b: Sequence[float], confidence: float = 0.95) -> Interval | None:
    """The percentile interval of median(a) / median(b), positive values only.

    None if a sample is too small, or if censored values make the ratio undefined in a resample.
    """
    if min(len(a), len(b)) < SMALLEST_N:
        return None
    rng = numpy.random.default_rng(_SEED)
    above, below = _resampled_medians(a, rng), _resampled_medians(b, rng)
    if not numpy.isfinite(below).all():
        return None
    tail = (1 - confidence) / 2
    low, high = numpy.quantile(above / below, [tail, 1 - tail], method="nearest")
    return Interval(float(low), float(high))


def _resampled_medians(points: Sequence[float], rng: numpy.random.Generator) -> NDArray[numpy.float64]:
    values = numpy.asarray(points, dtype=float)
    picks = rng.integers(0, len(values), (RESAMPLES, len(values)))
    medians: NDArray[numpy.float64] = numpy.median(values[picks], axis=1)
    return medians
