"""Shows cost against latency: what a month costs under each traffic, over how long a cold start takes."""

from __future__ import annotations

import functools
import math

from bench.charts.scatter import Ends, Labels, Panel, Point, scatter
from bench.report.figures.figure import Figure, drawn, series_of
from bench.report.report import Report
from bench.stats.quantiles import Interval
from bench.text.numbers import duration, money


def figure(report: Report) -> Figure | None:
    """A panel for each traffic with a point for each variant that was priced; the best is at the bottom left."""
    costs = report.costs
    if costs is None:
        return None
    series, cold = series_of(report), {item.variant: item.cold for item in report.variants}
    panels = [
        Panel(
            f"USD a month, {traffic.name}",
            [
                Point(series[item.variant], ms, month.usd, known(cold[item.variant].interval), known(month.interval))
                for item in costs.variants
                for ms, month in [(cold[item.variant].p50_ms, item.months[number])]
                if ms is not None
            ],
        )
        for number, traffic in enumerate(costs.traffics)
    ]
    if not any(panel.points for panel in panels):
        return None
    labels = Labels("median of a cold start", functools.partial(duration, digits=3), money)
    traffics = "; ".join(f"{traffic.name}: {traffic.words}" for traffic in costs.traffics)
    return drawn(
        "Cost against latency",
        lambda width: scatter(panels, width, labels),
        f"Down is cheaper, left is faster; the lines are 95 % intervals. {traffics}. {costs.said}",
    )


def known(interval: Interval | None) -> Ends | None:
    """Both ends, where both are finite."""
    if interval is None or not (math.isfinite(interval.low) and math.isfinite(interval.high)):
        return None
    return interval.low, interval.high
