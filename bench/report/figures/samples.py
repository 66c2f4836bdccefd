"""Shows every sample with the medians and their intervals."""

from __future__ import annotations

from bench.charts.distributions import strip
from bench.report.figures.figure import Figure, drawn, latencies
from bench.report.report import Report


def figure(state: str, report: Report) -> Figure | None:
    """A strip per variant."""
    found = latencies(report, state)
    if not found:
        return None
    data = [(series, latency.points) for series, latency in found]
    intervals = [latency.interval for _, latency in found]
    return drawn(
        f"Every {state} sample",
        lambda width: strip(data, intervals, width),
        "Each mark is one request, the line the median, the band its 95 % interval (visits are the units).",
    )
