"""Tests by permutation whether a series rises or falls over time (Spearman's rank correlation with the order)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy
from numpy.typing import NDArray

PERMUTATIONS = 9_999
FEWEST = 5
_SEED = 20_250_801  # fixed: the same records must give the same report, byte for byte


@dataclass(frozen=True)
class Trend:
    """The rank correlation with time, from -1 (falls) to 1 (rises), and its two-sided p-value."""

    correlation: float
    p_value: float


def trend(series: Sequence[float]) -> Trend | None:
    """The trend of a series in order of time; infinite values rank last. None for too few or all equal values."""
    ranks = _mid_ranks(series)
    spread = float(ranks @ ranks)
    if len(series) < FEWEST or spread == 0:
        return None
    time = numpy.arange(len(series)) - (len(series) - 1) / 2
    scale = float(numpy.sqrt(spread * (time @ time)))
    observed = float(time @ ranks) / scale
    chance = numpy.abs(_permuted(len(series)) @ ranks) / scale
    extreme = int((chance >= abs(observed) - 1e-12).sum())
    return Trend(observed, (extreme + 1) / (PERMUTATIONS + 1))


def _mid_ranks(series: Sequence[float]) -> NDArray[numpy.float64]:
    """Ranks around zero; equal values share the middle of theirs."""
    values = numpy.asarray(series, dtype=float)
    ordered = numpy.sort(values)
    first, last = numpy.searchsorted(ordered, values, "left"), numpy.searchsorted(ordered, values, "right")
    ranks: NDArray[numpy.float64] = (first + last - len(values)) / 2
    return ranks


@lru_cache(maxsize=4)
def _permuted(n: int) -> NDArray[numpy.float64]:
    """Points in time around zero, in random orders, one a row."""
    rng = numpy.random.default_rng(_SEED)
    rows: NDArray[numpy.float64] = numpy.tile(numpy.arange(n) - (n - 1) / 2, (PERMUTATIONS, 1))
    return rng.permuted(rows, axis=1)
