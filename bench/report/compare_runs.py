"""Compares two runs: every variant and state that both measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.process.errors import UsageError
from bench.report.precisions import Precision, precisions_of
from bench.report.report import Report
from bench.report.rounding import finite
from bench.report.table import Table
from bench.runs.conditions import across
from bench.runs.judge import Judged
from bench.runs.plan import COMPARED, Variant
from bench.runs.selection import State, select
from bench.stats.clusters import ratio_interval
from bench.stats.quantiles import Interval, quantile
from bench.stats.verdict import LEVEL
from bench.text.numbers import ms, percent


@dataclass(frozen=True)
class Change:
    """Variants of two runs in a state: medians of answered requests in ms, and their ratio b / a with an interval.

    `a` and `b` are the same, but for the precision where each run has one, and not the same one.
    `visits` are the units of the interval, `answered` the shares of requests that were answered.
    """

    a: Variant
    b: Variant
    state: str
    a_ms: float
    b_ms: float
    n: tuple[int, int]
    visits: tuple[int, int]
    answered: tuple[float | None, float | None]
    interval: Interval | None

    @property
    def name(self) -> str:
        """The variant, or both."""
        return self.a.label if self.a == self.b else f"{self.a.label} against {self.b.label}"

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
    found = across(a.meta.axes, b.meta.axes)
    if found is None:
        return compared(a.judged, b.judged, [(each, each) for each in dict.fromkeys((*a.compared, *b.compared))])
    pairs = [(each, replace(each, precision=found[1])) for each in a.compared]
    pairs += [(replace(each, precision=found[0]), each) for each in b.compared]
    return compared(a.judged, b.judged, list(dict.fromkeys(pairs)))


def agreements(a: Report, b: Report) -> tuple[Precision, ...]:
    """Where A and B have one precision each, and not the same: how far the answers agree with those in fp32."""
    if not across(a.meta.axes, b.meta.axes):
        return ()
    judged = (*a.judged, *b.judged)
    return tuple(item for each in (a, b) for item in precisions_of(judged, each.compared, each.meta.session))


def compared(a: Sequence[Judged], b: Sequence[Judged], pairs: Sequence[tuple[Variant, Variant]]) -> Compared:
    """The same from the judged samples, for pairs of a variant of A and the one of B that it is compared with.

    The intervals hold for all comparisons together (Bonferroni); runs are not paired, and visits are the units.
    """
    rows = [(x, y, state, select(a, x, state), select(b, y, state)) for x, y in pairs for state in COMPARED]
    shared = [row for row in rows if row[3].used and row[4].used]
    if not shared:
        raise UsageError("the two runs have no variant in common")
    confidence = 1 - LEVEL / len(shared)
    return Compared(
        tuple(_change(*row, confidence) for row in shared),
        tuple(f"{x.label} {state}" for x, _, state, one, other in rows if one.used and not other.used),
        tuple(f"{y.label} {state}" for _, y, state, one, other in rows if other.used and not one.used),
    )


def _change(a: Variant, b: Variant, state: str, x: State, y: State, confidence: float) -> Change:
    return Change(
        a,
        b,
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
        change.name, change.state, ms(finite(change.a_ms)), ms(finite(change.b_ms)),
        f"{change.n[0]}, {change.n[1]}", f"{change.visits[0]}, {change.visits[1]}",
        f"{percent(change.answered[0])}, {percent(change.answered[1])}", "-" if math.isnan(ratio) else f"{ratio:.3f}",
        f"{interval.low:.3f}-{interval.high:.3f}" if interval else "-", verdict,
    )  # fmt: skip
