"""Shows cold starts over the number of simultaneous requests."""

from __future__ import annotations

import functools

from bench.charts.curves import curves
from bench.report.figures.figure import Figure, drawn, series_of
from bench.report.report import Report
from bench.runs.cold_starts.scale_out import ScaleOut
from bench.text.numbers import duration


def figure(report: Report) -> Figure | None:
    """A curve per variant that had to start environments."""
    data = []
    for variant, series in series_of(report).items():
        points = [
            (float(item.size), item.cold_p50_ms)
            for item in report.other_cold_starts
            if item.kind == ScaleOut.name and item.cold_p50_ms is not None and item.variant == variant
        ]
        if points:
            data.append((series, points))
    if not data:
        return None
    in_words = functools.partial(duration, digits=3)
    return drawn(
        "Scale-out: cold starts when several requests come at once",
        lambda width: curves(data, width, "simultaneous requests", lambda x: f"{x:.0f}", in_words),
        "Median time of those requests that had to start an environment.",
    )
