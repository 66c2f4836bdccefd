"""Computes quantiles of Student's t and exact (Clopper-Pearson) limits of a share by the incomplete beta function."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

_TINY = 1e-300
_PRECISION = 1e-15
_MOST_TERMS = 10_000
_HALVINGS = 200


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), by its continued fraction (Lentz's method)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast on the other side
        return 1 - incomplete_beta(1 - x, b, a)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_front) / (a * _fraction(x, a, b))


def _fraction(x: float, a: float, b: float) -> float:
    value, c, d = 1.0, 1.0, 0.0
    for term in range(1, _MOST_TERMS):
        m, odd = divmod(term, 2)
        if odd:
            numerator = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            numerator = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / (1 + numerator * d or _TINY)
        c = 1 + numerator / c or _TINY
        value *= c * d
        if abs(c * d - 1) < _PRECISION:
            break
    return value


@cache
def t_quantile(p: float, freedom: float) -> float:
    """The p-quantile (p above one half) of Student's t with so many degrees of freedom, whole or not."""

    def above(share: float) -> float:  # P(T > t), with share = freedom / (freedom + t * t)
        return incomplete_beta(share, freedom / 2, 0.5) / 2

    share = _solve(above, 1 - p)
    return math.sqrt(freedom * (1 - share) / share)


def share_limits(hits: int, misses: int, n: int, confidence: float) -> tuple[float, float]:
    """Exact one-sided limits, lower and upper, of a share; each holds with this confidence.

    Of `n` trials, `hits` were surely within and `misses` surely not; the others count against both limits.
    """
    tail = 1 - confidence
    low = 0.0 if hits == 0 else _solve(lambda p: incomplete_beta(p, hits, n - hits + 1), tail)
    high = 1.0 if misses == 0 else _solve(lambda p: incomplete_beta(p, n - misses + 1, misses), confidence)
    return low, high


def _solve(rising: Callable[[float], float], wanted: float) -> float:
    """The point where a function that rises over 0..1 takes a value, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if rising(middle) < wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2
