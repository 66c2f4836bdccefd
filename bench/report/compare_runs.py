"""Compares two runs: every variant and state that both measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.process.errors import UsageError
from bench.report.report import Report
from bench.report.rounding import finite
from bench.report.table import Table
from bench.runs.judge import Judged
from bench.runs.plan import COMPARED, Variant
from bench.runs.selection import State, select
from bench.stats.clusters import ratio_interval
from bench.stats.quantiles import Interval, quantile
from bench.stats.verdict import LEVEL
from bench.text.numbers import ms, percent


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


@dataclass(frozen=True)
class Compared:
    """All variants and states that both runs measured, and the names of those that one of them did not."""

    changes: tuple[Change, ...]
    only_in_a: tuple[str, ...]
    only_in_b: tuple[str, ...]


def changes(a: Report, b: Report) -> Compared:
    """What changed from run A to run B. Raises UsageError when they have no variant in common."""
    return compared(a.judged, b.judged, list(dict.fromkeys((*a.compared, *b.compared))))


def compared(a: Sequence[Judged], b: Sequence[Judged], variants: Sequence[Variant]) -> Compared:
    """The same from the judged samples.

    The intervals hold for all comparisons together (Bonferroni); runs are not paired, and visits are the units.
    """
    rows = [(variant, state, select(a, variant, state), select(b, variant, state)) for variant in variants
            for state in COMPARED]  # fmt: skip
    shared = [row for row in rows if row[2].used and row[3].used]
    if not shared:
        raise UsageError("the two runs have no variant in common")
    confidence = 1 - LEVEL / len(shared)
    return Compared(
        tuple(_change(*row, confidence) for row in shared),
        tuple(f"{variant.label} {state}" for variant, state, x, y in rows if x.used and not y.used),
        tuple(f"{variant.label} {state}" for variant, state, x, y in rows if y.used and not x.used),
    )


def _change(variant: Variant, state: str, x: State, y: State, confidence: float) -> Change:
    return Change(
        variant,
        state,
        quantile(x.latencies, 0.5),
        quantile(y.latencies, 0.5),
        (len(x.used), len(y.used)),
        (len(x.visits), len(y.visits)),
        (x.counts.answered_share, y.counts.answered_share),
        ratio_interval(y.visits, x.visits, confidence),
    )


def changes_table(found: Compared, a: str, b: str) -> Table:
    """The changes from run A to run B, which are called `a` and `b`."""
    header = ("variant", "state", "A", "B", "n", "visits", "answered", "B / A", "interval", "verdict")
    title = f"{a} (A) against {b} (B): medians of answered requests in ms"
    left = [
        f"{where}: {', '.join(names)}"
        for where, names in (("only in A", found.only_in_a), ("only in B", found.only_in_b))
        if names
    ]
    note = "The intervals hold for all rows together (95 %). " + "".join(f"Measured {each}. " for each in left)
    return Table(title, header, [_row(change) for change in found.changes], note.strip())


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
