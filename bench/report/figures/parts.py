"""Shows where a cold start's time goes."""

from __future__ import annotations

from bench.charts.parts import stacked
from bench.report.breakdown import PARTS
from bench.report.figures.figure import Figure, drawn
from bench.report.names import variant_name
from bench.report.report import Report


def figure(report: Report) -> Figure | None:
    """A bar per variant of which the parts are known."""
    rows = [
        (variant_name(item.variant, report.compared), item.cold.parts_ms)
        for item in report.variants
        if item.cold.parts_ms
    ]
    if not rows:
        return None
    explained = "; ".join(f"{number} {name}: {what}" for number, (name, what) in enumerate(PARTS.items(), 1))
    return drawn(
        "Where a cold start's time goes",
        lambda width: stacked(rows, width),
        f"Means over the middle half of the samples; the parts add up. {explained}.",
    )
