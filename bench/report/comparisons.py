"""Compares every pair of backends within rounds."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.report.names import variant_name
from bench.runs.judge import Judged
from bench.runs.plan import Variant
from bench.runs.selection import latency_ms, select
from bench.stats.paired import Paired, compare_rounds, holm
from bench.stats.verdict import Verdict, judge_pair

STATES = ("cold", "warm")


@dataclass(frozen=True)
class Comparison:
    """Variant `a` minus variant `b` in a state; `adjusted_p` by Holm over all pairs of that state."""

    state: str
    a: Variant
    b: Variant
    paired: Paired | None
    adjusted_p: float
    verdict: Verdict


def compare_backends(judged: Sequence[Judged], variants: Sequence[Variant]) -> tuple[Comparison, ...]:
    """All pairs that differ in nothing but the backend, cold and warm."""
    pairs = [(a, b) for a, b in itertools.combinations(variants, 2) if replace(a, backend=b.backend) == b]
    return tuple(comparison for state in STATES for comparison in _family(judged, pairs, state))


def by_round(judged: Sequence[Judged], variant: Variant, state: str) -> dict[int, float]:
    """One value per round, in ms: the median of the round's samples (of a cold start there is one)."""
    rounds: dict[int, list[float]] = {}
    for item in select(judged, variant, state).used:
        rounds.setdefault(item.sample.round, []).append(latency_ms(item))
    return {number: statistics.median(values) for number, values in rounds.items()}


def _family(judged: Sequence[Judged], pairs: Sequence[tuple[Variant, Variant]], state: str) -> list[Comparison]:
    paired = [compare_rounds(by_round(judged, a, state), by_round(judged, b, state)) for a, b in pairs]
    adjusted = holm([result.p_value if result else 1.0 for result in paired])
    return [
        Comparison(state, a, b, result, p, judge_pair(_name(a, pairs), _name(b, pairs), result, p))
        for (a, b), result, p in zip(pairs, paired, adjusted, strict=True)
    ]


def _name(variant: Variant, pairs: Sequence[tuple[Variant, Variant]]) -> str:
    """The backend, with whatever else tells which of its variants is meant."""
    return variant_name(variant, [each for pair in pairs for each in pair])
