"""Compares two runs: every variant and state that both measured."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from bench.process.errors import UsageError
from bench.report.report import Report
from bench.report.rounding import finite
from bench.report.table import Table
from bench.runs.plan import Variant
from bench.runs.selection import State, select
from bench.stats.clusters import ratio_interval
from bench.stats.quantiles import Interval, quantile
from bench.text.numbers import ms, percent

STATES = ("cold", "warm")


@dataclass(frozen=True)
class Change:
    """A variant in a state in both runs: medians of answered requests in ms, and their ratio b / a with an interval.

    `visits` are the units of the interval, `answered` the shares of requests that were answered.
    """

    variant: Variant
    state: str
    a_ms: float
    b_ms: float
    n: tuple[int, int]
    visits: tuple[int, int]
    answered: tuple[float | None, float | None]
    interval: Interval | None

    @property
    def resolved(self) -> bool:
        """Whether the interval excludes that nothing changed."""
        return self.interval is not None and (self.interval.low > 1 or self.interval.high < 1)

    def is_worse_by(self, ratio: float) -> bool:
        """Whether the whole interval lies above the ratio."""
        return self.interval is not None and self.interval.low > ratio


def changes(a: Report, b: Report) -> tuple[Change, ...]:
    """All variants and states that both runs measured. Raises UsageError when there are none.

    The intervals hold for all comparisons together (Bonferroni); runs are not paired, and visits are the units.
    """
    shared = list(_shared(a, b))
    if not shared:
        raise UsageError("the two runs have no variant in common")
    confidence = 1 - 0.05 / len(shared)
    return tuple(
        Change(
            variant,
            state,
            quantile(x.latencies, 0.5),
            quantile(y.latencies, 0.5),
            (len(x.used), len(y.used)),
            (len(x.visits), len(y.visits)),
            (x.counts.answered_share, y.counts.answered_share),
            ratio_interval(y.visits, x.visits, confidence),
        )
        for variant, state, x, y in shared
    )


def _shared(a: Report, b: Report) -> Iterator[tuple[Variant, str, State, State]]:
    for variant in a.compared:
        for state in STATES:
            x, y = select(a.judged, variant, state), select(b.judged, variant, state)
            if x.used and y.used:
                yield variant, state, x, y


def changes_table(found: tuple[Change, ...], a: str, b: str) -> Table:
    """The changes from run A to run B, which are called `a` and `b`."""
    header = ("variant", "state", "A", "B", "n", "visits", "answered", "B / A", "interval", "verdict")
    title = f"{a} (A) against {b} (B): medians of answered requests in ms"
    return Table(title, header, [_row(change) for change in found])


def _row(change: Change) -> tuple[str, ...]:
    ratio = change.b_ms / change.a_ms if math.isfinite(change.a_ms) else math.nan
    interval = change.interval
    verdict = ("B is slower" if ratio > 1 else "B is faster") if change.resolved else "not resolved"
    return (
        change.variant.label, change.state, ms(finite(change.a_ms)), ms(finite(change.b_ms)),
        f"{change.n[0]}, {change.n[1]}", f"{change.visits[0]}, {change.visits[1]}",
        f"{percent(change.answered[0])}, {percent(change.answered[1])}", "-" if math.isnan(ratio) else f"{ratio:.3f}",
        f"{interval.low:.3f}-{interval.high:.3f}" if interval else "-", verdict,
    )  # fmt: skip
