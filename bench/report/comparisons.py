"""Compares every pair of backends within rounds."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.report.names import variant_name
from bench.runs.judge import Judged
from bench.runs.plan import COMPARED, Variant
from bench.runs.selection import latency_ms, select
from bench.stats.paired import Paired, compare_rounds, holm
from bench.stats.verdict import LEVEL, Verdict, judge_pair
from contract.precisions import FP32


@dataclass(frozen=True)
class Comparison:
    """Variant `a` minus variant `b` in a state; `adjusted_p` by Holm over all pairs of that state."""

    state: str
    a: Variant
    b: Variant
    paired: Paired | None
    adjusted_p: float
    verdict: Verdict


@dataclass(frozen=True)
class Rule:
    """When a difference counts: adjusted p-value at most `level`, interval at `confidence` without zero."""

    level: float = LEVEL
    confidence: float = 0.95


PLANNED = Rule()
"""The rule where the number of rounds was fixed before the run."""


def compare_backends(
    judged: Sequence[Judged], variants: Sequence[Variant], rule: Rule = PLANNED
) -> tuple[Comparison, ...]:
    """All pairs that differ in nothing but the backend or how it reads, cold and warm."""
    pairs = [(a, b) for a, b in itertools.combinations(variants, 2) if a.is_like(b)]
    return tuple(comparison for state in COMPARED for comparison in _family(judged, pairs, state, rule))


def compare_precisions(
    judged: Sequence[Judged], variants: Sequence[Variant], rule: Rule = PLANNED
) -> tuple[Comparison, ...]:
    """Every variant that is not fp32 against the same in fp32, cold and warm; a family of tests of its own."""
    exact = {variant: replace(variant, precision=FP32) for variant in variants if variant.precision != FP32}
    pairs = [(variant, other) for variant, other in exact.items() if other in variants]
    return tuple(comparison for state in COMPARED for comparison in _family(judged, pairs, state, rule))


def by_round(judged: Sequence[Judged], variant: Variant, state: str) -> dict[int, float]:
    """One value per round, in ms: the median of the round's samples (of a cold start there is one)."""
    rounds: dict[int, list[float]] = {}
    for item in select(judged, variant, state).used:
        rounds.setdefault(item.sample.round, []).append(latency_ms(item))
    return {number: statistics.median(values) for number, values in rounds.items()}


def _family(
    judged: Sequence[Judged], pairs: Sequence[tuple[Variant, Variant]], state: str, rule: Rule
) -> list[Comparison]:
    paired = [compare_rounds(by_round(judged, a, state), by_round(judged, b, state), rule.confidence) for a, b in pairs]
    adjusted = holm([result.p_value if result else 1.0 for result in paired])
    return [
        Comparison(state, a, b, result, p, judge_pair(_name(a, pairs), _name(b, pairs), result, p, rule.level))
        for (a, b), result, p in zip(pairs, paired, adjusted, strict=True)
    ]


def _name(variant: Variant, pairs: Sequence[tuple[Variant, Variant]]) -> str:
    """The backend, with whatever else tells which of its variants is meant."""
    return variant_name(variant, [each for pair in pairs for each in pair])
