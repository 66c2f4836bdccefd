"""Shows what changed from one run to another, as ratios around the line of no change."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.charts.ratios import Ratio, ratios
from bench.charts.svg import Series
from bench.report.compare_runs import Change
from bench.report.figures.figure import Figure, drawn


def figure(changes: Sequence[Change]) -> Figure | None:
    """A row for each variant and state with a finite ratio."""
    backends = list(dict.fromkeys(change.a.backend for change in changes))
    rows = [
        Ratio(
            Series(f"{change.name} {change.state}", backends.index(change.a.backend) % 4, 0),
            change.b_ms / change.a_ms,
            (change.interval.low, change.interval.high) if change.interval else None,
        )
        for change in changes
        if math.isfinite(change.a_ms) and math.isfinite(change.b_ms)
    ]
    if not rows:
        return None
    return drawn(
        "What changed",
        lambda width: ratios(rows, width, "B / A"),
        "Ratios of medians of answered requests, with intervals that hold together in 95 % of comparisons. Right of "
        "the line B is slower; what crosses it is not resolved.",
    )
