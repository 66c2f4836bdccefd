"""Finds out whether conditions changed during a run, by trends of latencies and differences over the rounds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.report.comparisons import by_round
from bench.report.names import variant_name
from bench.runs.judge import Judged
from bench.runs.plan import COMPARED, Variant
from bench.stats.paired import holm
from bench.stats.trend import trend

LEVEL = 0.05


@dataclass(frozen=True)
class Drift:
    """A series that rises or falls over the rounds; `adjusted_p` by Holm over all series of the run."""

    state: str
    what: str
    rounds: int
    correlation: float
    adjusted_p: float

    @property
    def note(self) -> str:
        """The finding in a sentence."""
        way = "rose" if self.correlation > 0 else "fell"
        return (
            f"Drift: {self.what} ({self.state}) {way} over the {self.rounds} rounds (rank correlation "
            f"{self.correlation:+.2f}, p {self.adjusted_p:.2g}); its median describes no single condition."
        )


def drifts(judged: Sequence[Judged], variants: Sequence[Variant]) -> tuple[Drift, ...]:
    """The trends that are significant at 5 % over all latencies and within-round differences of the run."""
    tested = [
        (state, what, len(series), found)
        for state in COMPARED
        for what, series in _series(judged, variants, state)
        if (found := trend(series))
    ]
    adjusted = holm([found.p_value for *_, found in tested])
    return tuple(
        Drift(state, what, rounds, round(found.correlation, 3), round(p, 6))
        for (state, what, rounds, found), p in zip(tested, adjusted, strict=True)
        if p <= LEVEL
    )


def _series(judged: Sequence[Judged], variants: Sequence[Variant], state: str) -> Iterator[tuple[str, list[float]]]:
    rounds = {variant: by_round(judged, variant, state) for variant in variants}

    def name(variant: Variant) -> str:
        return variant_name(variant, variants)

    for variant, values in rounds.items():
        yield f"the latency of {name(variant)}", _in_order(values)
    for a, b in itertools.combinations(variants, 2):
        if a.is_like(b):
            differences = {
                number: value - rounds[b][number] for number, value in rounds[a].items() if number in rounds[b]
            }
            finite = {number: value for number, value in differences.items() if not math.isnan(value)}
            yield f"the difference between {name(a)} and {name(b)}", _in_order(finite)


def _in_order(values: Mapping[int, float]) -> list[float]:
    return [values[number] for number in sorted(values)]
