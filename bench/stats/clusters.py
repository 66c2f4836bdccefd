"""Computes intervals with visits as the units, because requests of one visit, and neighbouring visits, may be alike.

Requests of one visit meet the same process on the same machine in the same minute, so that sixty of them in ten visits
say little more than ten. What varies between visits is measured by the first cosine transforms of the visits' values
in order of time (equal-weighted cosines, as for a long-run variance) with Student's t of as many degrees of freedom:
exact for independent visits, and honest where conditions wander slowly; any correlation still seen between neighbours
widens the interval. `tests/bench/support/coverage.py` shows how often these intervals hold the truth.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy
from numpy.typing import NDArray

from bench.stats.bootstrap import median_ratio_interval
from bench.stats.quantiles import Interval, quantile, quantile_interval
from bench.stats.special import t_quantile

FEWEST_VISITS = 4
_FEWEST_COSINES = 3
_MOST_CORRELATION = 0.8  # beyond this, ten visits cannot tell correlation from trend
_GAP = 0.75  # among ten independent values of one group such a gap is rare

Visits = Sequence[Sequence[float]]
"""The values of each visit, in order of time. Infinite ones are longer than could be seen."""


@dataclass(frozen=True)
class _Limits:
    """A centre and the limits around it."""

    centre: float
    low: float
    high: float


def median_interval(visits: Visits, confidence: float = 0.95) -> Interval | None:
    """An interval for the median request. One request a visit: order statistics. None for too few visits."""
    if _single(visits):
        return quantile_interval(_flat(visits), 0.5, confidence)
    if len(visits) < FEWEST_VISITS:
        return None
    found = _log_limits(visits, t_quantile((1 + confidence) / 2, freedom(len(visits))))
    return Interval(math.exp(found.low), math.exp(found.high))


def ratio_interval(a: Visits, b: Visits, confidence: float = 0.95) -> Interval | None:
    """An interval for median(a) / median(b) of measurements that are not paired; None for too few visits.

    One request a visit: the bootstrap. Else the limits of both are put together (MOVER: squares of the distances add),
    with the degrees of freedom of Welch and Satterthwaite.
    """
    if _single(a) and _single(b):
        return median_ratio_interval(_flat(a), _flat(b), confidence)
    if min(len(a), len(b)) < FEWEST_VISITS:
        return None
    variances = [(((found := _log_limits(x, 1.0)).high - found.low) / 2) ** 2 for x in (a, b)]
    degrees = [freedom(len(x)) for x in (a, b)]
    critical = t_quantile((1 + confidence) / 2, _welch(variances, degrees))
    above, below = _log_limits(a, critical), _log_limits(b, critical)
    if not (math.isfinite(above.centre) and math.isfinite(below.centre)):
        return None
    difference = above.centre - below.centre
    return Interval(
        math.exp(difference - math.hypot(above.centre - above.low, below.high - below.centre)),
        math.exp(difference + math.hypot(above.high - above.centre, below.centre - below.low)),
    )


def mean_interval(visits: Visits, confidence: float = 0.95) -> Interval | None:
    """An interval for the mean over all requests (visits need not have equally many); None for too few visits.

    Its half is the wider of two: by the cosines, and by the plain spread of the visits. A mean depends on rare slow
    requests, so either alone is too narrow more often than it claims.
    """
    if len(visits) < FEWEST_VISITS:
        return None
    counts = numpy.array([len(visit) for visit in visits], dtype=float)
    sums = numpy.array([sum(visit) for visit in visits])
    mean = float(sums.sum() / counts.sum())
    parts, p, n = (sums - counts * mean) / counts.mean(), (1 + confidence) / 2, len(visits)
    plain = float(parts.std(ddof=1)) / math.sqrt(n)
    width = max(t_quantile(p, freedom(n)) * _error(parts), t_quantile(p, n - 1) * plain)
    return Interval(mean - width, mean + width)


def freedom(visits: int) -> int:
    """How many cosines, and so degrees of freedom, measure what varies between so many visits."""
    return min(visits - 1, max(_FEWEST_COSINES, round(0.4 * math.pow(visits, 2 / 3))))


def _flat(visits: Visits) -> list[float]:
    return [value for visit in visits for value in visit]


def _single(visits: Visits) -> bool:
    return all(len(visit) == 1 for visit in visits)


def _welch(variances: Sequence[float], degrees: Sequence[int]) -> float:
    """The degrees of freedom of a sum of two estimated variances; one is kept back for correlation not seen."""
    if not math.isfinite(sum(variances)) or sum(variances) == 0:
        return min(degrees)
    return max(1.0, sum(variances) ** 2 / sum(v * v / d for v, d in zip(variances, degrees, strict=True)) - 1)


def _log_limits(visits: Visits, critical: float) -> _Limits:
    """Limits of the logarithm of the median request, at so many standard errors.

    They come from the visits' medians. Where these cannot speak for all requests (two groups of visits, several modes
    within a visit, censored requests), the limits of the share below the median are taken in.
    """
    pooled = _log(quantile(_flat(visits), 0.5))
    medians = numpy.array([_log(quantile(visit, 0.5)) for visit in visits])
    low, high = pooled, pooled
    if numpy.isfinite(medians).all():
        centre, width = float(medians.mean()), critical * _error(medians)
        low, high = min(pooled, centre - width), max(pooled, centre + width)
        if _speak_for_all(medians, pooled):
            return _Limits(centre, low, high)
    by_share = _limits_by_share(visits, critical)
    return _Limits(pooled, min(low, by_share[0]), max(high, by_share[1]))


def _speak_for_all(medians: NDArray[numpy.float64], pooled: float) -> bool:
    """Whether the visits' medians are one group, around the median of all requests."""
    ordered = numpy.sort(medians)
    one_group = numpy.diff(ordered).max() <= _GAP * (ordered[-1] - ordered[0])
    return bool(one_group and abs(medians.mean() - pooled) <= 2 * medians.std() / math.sqrt(len(medians)))


def _limits_by_share(visits: Visits, critical: float) -> tuple[float, float]:
    """The logarithms between which the median lies, by testing for one half the visits' shares up to each value."""
    values = sorted({value for visit in visits for value in visit})

    def accepted(index: int) -> bool:
        shares = numpy.array([sum(x <= values[index] for x in visit) / len(visit) for visit in visits])
        return abs(float(shares.mean()) - 0.5) <= critical * _error(shares)

    middle = bisect.bisect_left(values, quantile(_flat(visits), 0.5))
    middle = min(middle, len(values) - 1)
    low = bisect.bisect_left(range(middle), True, key=accepted)
    # The median may lie anywhere up to the value after the last accepted one.
    high = middle + bisect.bisect_left(range(middle, len(values)), True, key=lambda index: not accepted(index))
    return _log(values[low]), _log(values[min(high, len(values) - 1)])


def _error(values: NDArray[numpy.float64]) -> float:
    """The standard error of the mean of values in order of time, whose neighbours may be alike."""
    n = len(values)
    waves = numpy.cos(numpy.pi * numpy.outer(numpy.arange(1, freedom(n) + 1), numpy.arange(n) + 0.5) / n)
    error = math.sqrt(float(((waves @ values) ** 2).mean()) * 2) / n
    centred = values - values.mean()
    square = float(centred @ centred)
    if square == 0:
        return 0.0
    # A lag-1 correlation is estimated too low by about 1 / n.
    correlation = min(max(0.0, float(centred[1:] @ centred[:-1]) / square + 1 / n), _MOST_CORRELATION)
    return error * math.sqrt((1 + correlation) / (1 - correlation))


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf
