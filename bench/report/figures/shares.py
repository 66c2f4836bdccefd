"""Shows which share of the answered requests was answered within a time."""

from __future__ import annotations

from bench.charts.distributions import ecdf
from bench.report.figures.figure import Figure, drawn, latencies
from bench.report.report import Report


def figure(state: str, report: Report) -> Figure | None:
    """A cumulative distribution per variant."""
    data = [(series, latency.points) for series, latency in latencies(report, state)]
    if not data:
        return None
    return drawn(
        f"Share of answered {state} requests within a time",
        lambda width: ecdf(data, width),
        "The further left, the faster; steps are single samples. Failed requests are not in it.",
    )
