"""Decides which of several variants to take, and when that cannot be decided.

The rule: of those that answer about as fast as the fastest, take one that is about as cheap as the cheapest; of
several, the one that starts cold fastest. About as fast is a tie of 10 %, about as cheap one of 10 % or a dollar a
month. A variant is taken only if intervals show both, so a wrong answer is rare by design: `make acceptance
ARGS=decide` counts it over simulated runs with a planted truth.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.stats.quantiles import Interval, quantile, quantile_interval
from bench.stats.verdict import FEWEST_ROUNDS

TIE = 1.1
TIE_USD = 1.0  # a month
CONFIDENCE = 0.99  # of each interval: a wrong one may be the whole mistake
_MOST_ROUNDS = 1_000


@dataclass(frozen=True)
class Rival:
    """A variant under a traffic: its wait by round, its typical wait and its cold start in ms, and USD a month with the
    interval (99 %).
    """

    name: str
    waits_ms: Mapping[int, float]
    wait_ms: float
    cold_ms: float
    usd: float
    usd_interval: Interval | None


@dataclass(frozen=True)
class Ratio:
    """The median over rounds of one wait divided by another, with its interval; None for too few rounds."""

    ratio: float
    interval: Interval | None


def wait_ratio(a: Mapping[int, float], b: Mapping[int, float]) -> Ratio | None:
    """How many times as long `a` waits; None where no round says it. One in which both were given up does not."""
    logs = [
        math.log(a[number]) - math.log(b[number])
        for number in sorted(a.keys() & b.keys())
        if math.isfinite(a[number]) or math.isfinite(b[number])
    ]
    if not logs:
        return None
    interval = quantile_interval(logs, 0.5, CONFIDENCE) if len(logs) >= FEWEST_ROUNDS else None
    ends = interval and Interval(math.exp(interval.low), math.exp(interval.high))
    return Ratio(math.exp(quantile(logs, 0.5)), ends)


@dataclass(frozen=True)
class Decision:
    """`take`: the best of those that may be taken (`as_good`: the others). Empty: undecided between `between`.

    `more_rounds` is about how many would decide; None where it is decided, or where 1,000 would not do.
    """

    take: str | None
    as_good: tuple[str, ...]
    between: tuple[str, ...]
    more_rounds: int | None
    rounds: int


def right(rivals: Sequence[tuple[str, float, float]]) -> tuple[str, ...]:
    """What the rule says of true waits and dollars, given as (name, wait, USD): all that may be taken."""
    fastest = min(wait for _, wait, _ in rivals)
    fast = [(name, usd) for name, wait, usd in rivals if wait <= TIE * fastest]
    cheapest = min(usd for _, usd in fast)
    return tuple(name for name, usd in fast if usd <= _as_cheap(cheapest))


def _as_cheap(usd: float) -> float:
    """The most that ties with so many USD a month."""
    return max(TIE * usd, usd + TIE_USD)


def decide(rivals: Sequence[Rival]) -> Decision:
    """Apply the rule to what was measured. Raises ValueError without rivals."""
    pairs = {(a.name, b.name): wait_ratio(a.waits_ms, b.waits_ms) for a in rivals for b in rivals}
    running = [each for each in rivals if not any(_is_out(pairs[each.name, other.name]) for other in rivals)]
    shown = [
        each
        for each in running
        if all(_is_in(pairs[each.name, other.name]) for other in rivals if other is not each)
        and all(_is_cheap(each, other) for other in running if other is not each)
    ]
    rounds = min(len(each.waits_ms) for each in rivals)
    if shown:
        first, *others = sorted(shown, key=lambda each: each.cold_ms)
        return Decision(first.name, tuple(each.name for each in others), (), None, rounds)
    between = tuple(each.name for each in running)
    return Decision(None, (), between, _more_rounds(rivals, pairs, rounds), rounds)


def _is_out(pair: Ratio | None) -> bool:
    """Whether the first is shown to be slower than the second by more than a tie."""
    interval = pair.interval if pair else None
    return interval is not None and interval.low > TIE


def _is_in(pair: Ratio | None) -> bool:
    """Whether the first is shown not to be."""
    interval = pair.interval if pair else None
    return interval is not None and interval.high <= TIE


def _is_cheap(one: Rival, other: Rival) -> bool:
    """Whether `one` is shown not to cost more than a tie above `other`."""
    found = _dearer(one, other)
    return found is not None and found.centre + found.half <= 0


@dataclass(frozen=True)
class _Distance:
    """A difference from a boundary, and half of its interval."""

    centre: float
    half: float

    def rounds(self, made: int) -> float:
        """How many rounds would tell on which side of the boundary it is."""
        return made * (self.half / abs(self.centre)) ** 2 if self.centre else math.inf


def _dearer(one: Rival, other: Rival) -> _Distance | None:
    """How much `one` costs above a tie with `other`, in USD a month."""
    if one.usd_interval is None or other.usd_interval is None:
        return None
    limit = _as_cheap(other.usd)
    above, below = one.usd_interval.high - one.usd, limit - _as_cheap(other.usd_interval.low)
    return _Distance(one.usd - limit, math.hypot(above, below))


def _slower(pair: Ratio | None) -> _Distance | None:
    """How much the first is slower than a tie with the second, as a logarithm."""
    interval = pair.interval if pair else None
    if pair is None or interval is None or not 0 < interval.low <= interval.high < math.inf:
        return None
    return _Distance(math.log(pair.ratio / TIE), math.log(interval.high / interval.low) / 2)


def _more_rounds(rivals: Sequence[Rival], pairs: Mapping[tuple[str, str], Ratio | None], rounds: int) -> int | None:
    """About how many more rounds would show what the figures say now: an interval shrinks with their root."""
    if rounds < FEWEST_ROUNDS:
        return FEWEST_ROUNDS - rounds
    likely = right([(each.name, each.wait_ms, each.usd) for each in rivals])
    wanted = next(each for each in rivals if each.name == likely[0])
    needed = max(_needed(wanted, rivals, pairs, rounds), default=math.inf)
    return max(1, math.ceil(needed) - rounds) if needed <= _MOST_ROUNDS else None


def _needed(
    wanted: Rival, rivals: Sequence[Rival], pairs: Mapping[tuple[str, str], Ratio | None], rounds: int
) -> Iterator[float]:
    """For each other: the rounds until `wanted` is shown to be in, and the other to be out or not cheaper."""
    for other in rivals:
        if other is not wanted:
            inside, outside = _slower(pairs[wanted.name, other.name]), _slower(pairs[other.name, wanted.name])
            cheap = _dearer(wanted, other)
            ways = [_rounds(outside, rounds) if outside and outside.centre > 0 else math.inf,
                    _rounds(cheap, rounds) if cheap and cheap.centre < 0 else math.inf]  # fmt: skip
            yield max(_rounds(inside, rounds), min(ways))


def _rounds(distance: _Distance | None, made: int) -> float:
    return math.inf if distance is None else distance.rounds(made)
