"""Shows the samples in the order of time, in which a drift would be seen."""

from __future__ import annotations

from bench.charts.distributions import drift
from bench.report.figures.figure import Figure, drawn, latencies
from bench.report.report import Report


def figure(state: str, report: Report) -> Figure | None:
    """The samples of all variants in order of time."""
    data = [(series, latency.points) for series, latency in latencies(report, state)]
    if not data:
        return None
    return drawn(
        f"Drift of the {state} samples",
        lambda width: drift(data, width),
        "A trend would mean that conditions changed during the run; it is tested, and noted above the verdicts.",
    )
