"""Shows cost against latency: what a cold start costs over how long it takes."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

from bench.charts.scatter import Ends, Point, scatter
from bench.report.figures.figure import Figure, drawn, series_of
from bench.report.report import Report
from bench.report.rounding import ends
from bench.text.numbers import duration, money


def figure(report: Report) -> Figure | None:
    """A point for each variant that was priced; the best is at the bottom left."""
    costs = report.costs
    if costs is None:
        return None
    series, cold = series_of(report), {item.variant: item.cold for item in report.variants}
    points = [
        Point(
            series[item.variant],
            latency,
            item.costs.cold_start,
            _known(ends(cold[item.variant].interval) or ()),
            _known(ends(item.costs.cold_start_interval, 12) or ()),
        )
        for item in costs.variants
        if (latency := cold[item.variant].p50_ms) is not None
    ]
    if not points:
        return None
    in_words = functools.partial(duration, digits=3)
    return drawn(
        "Cost against latency of a cold start",
        lambda width: scatter(points, width, ("median of a cold start", "USD for a cold start"), in_words, money),
        f"Down is cheaper, left is faster. The lines are 95 % intervals. {costs.said}",
    )


def _known(interval: Sequence[float | None]) -> Ends | None:
    """Both ends, where both are known and finite."""
    found = [end for end in interval if end is not None and math.isfinite(end)]
    return (found[0], found[1]) if len(found) == 2 else None
