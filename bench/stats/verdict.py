"""Says what a comparison means, in one sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bench.stats.paired import Paired
from bench.text.numbers import milliseconds, ms

LEVEL = 0.05
FEWEST_ROUNDS = 8  # with fewer rounds even the clearest of three pairs may fail Holm's correction
_MOST_ROUNDS = 1_000  # a difference that needs more rounds than this to be seen counts as none

_DIGITS = 2  # of a difference below 1 ms


@dataclass(frozen=True)
class Verdict:
    """`resolved`: the difference is real, at the 5 % level over the whole family of pairs."""

    resolved: bool
    sentence: str
    more_rounds: int | None = None


def judge_pair(a: str, b: str, paired: Paired | None, adjusted_p: float, level: float = LEVEL) -> Verdict:
    """The verdict on a - b. `adjusted_p` is the Holm-adjusted p-value, which counts up to `level`."""
    if paired is None:
        return Verdict(False, f"{a} against {b}: not measured in the same rounds.")
    interval = paired.difference_interval
    if interval and adjusted_p <= level and (interval.low > 0 or interval.high < 0):
        slower, faster = (a, b) if paired.difference > 0 else (b, a)
        low, high = sorted((abs(interval.low), abs(interval.high)))
        amount = f"{_ms(abs(paired.difference))} (95 % {ms(low, _DIGITS)}-{_ms(high)})"
        return Verdict(True, f"{slower} is {amount} slower than {faster}.")
    more = _more_rounds(paired)
    if more is None:
        bound = max(abs(interval.low), abs(interval.high)) if interval else math.inf
        return Verdict(False, f"{a} against {b}: not resolved; if they differ, by less than {_ms(bound)}.")
    rounds = "round" if more == 1 else "rounds"
    return Verdict(False, f"{a} against {b}: not resolved; about {more} more {rounds} would.", more)


def _more_rounds(paired: Paired) -> int | None:
    """How many more rounds would make the interval, which shrinks with the root of n, exclude zero; None: hopeless."""
    interval = paired.difference_interval
    if interval is None or not all(map(math.isfinite, (paired.difference, interval.low, interval.high))):
        return max(1, FEWEST_ROUNDS - paired.n)
    half_width = (interval.high - interval.low) / 2
    if abs(paired.difference) * math.sqrt(_MOST_ROUNDS / paired.n) <= half_width:
        return None
    # Half as many again, because Holm's correction demands more than one interval does.
    needed = math.ceil(1.5 * paired.n * (half_width / abs(paired.difference)) ** 2)
    return max(needed, FEWEST_ROUNDS, paired.n + 1) - paired.n


def _ms(value: float) -> str:
    return milliseconds(value, below_one=_DIGITS)
