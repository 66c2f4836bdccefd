"""Searches for the highest rate that meets an objective: doubles until one does not, then halves the ratio between."""

from __future__ import annotations

import math
from collections.abc import Callable

MOST_STEPS = 12
_CLOSE = 1.1  # a smaller ratio of the two rates would tell apart what two runs of the same rate do not
_LOWEST, _HIGHEST = 0.01, 10_000.0


def search(first: float, meets: Callable[[float], bool], most_steps: int = MOST_STEPS) -> None:
    """Try rates, beginning with `first`, until a rate that meets and one that does not are close to each other.

    Raises ValueError for a first rate outside 0.01 to 10,000 a second.
    """
    if not _LOWEST <= first <= _HIGHEST:
        raise ValueError(
            f"a search begins between {_LOWEST:g} and {_HIGHEST:,.0f} requests a second, not with {first:g}"
        )
    good, bad = 0.0, math.inf
    rate = first
    for _ in range(most_steps):
        if meets(rate):
            good = max(good, rate)
        else:
            bad = min(bad, rate)
        if bad / (good or _LOWEST) <= _CLOSE or good >= _HIGHEST or bad <= _LOWEST:
            return
        rate = _next(good, bad)


def _next(good: float, bad: float) -> float:
    """The next rate, with three significant digits."""
    if math.isinf(bad):
        rate = good * 2
    elif good == 0:
        rate = bad / 2
    else:
        rate = math.sqrt(good * bad)
    return float(f"{rate:.3g}")
