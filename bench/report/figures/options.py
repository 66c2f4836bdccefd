"""Shows what each storage costs over the share of requests that it answers in time."""

from __future__ import annotations

from bench.charts.scatter import Labels, Panel, Point, scatter
from bench.charts.svg import Series
from bench.report.choice import Choice
from bench.report.figures.balance import known
from bench.report.figures.figure import Figure, drawn
from bench.text.numbers import money


def figure(choice: Choice) -> Figure:
    """A point for each storage; the best is at the bottom right."""
    names = sorted(item.name for item in choice.options)
    points = [
        Point(
            Series(item.name, names.index(item.name) % 4, 0),
            item.within,
            item.usd_month,
            (item.within_low, item.within_high),
            known(item.month.interval),
        )
        for item in choice.options
    ]
    labels = Labels("share of the requests within the limit", lambda share: f"{share:.0%}", money)
    return drawn(
        "Cost against the share in time",
        lambda width: scatter([Panel("USD a month", points)], width, labels),
        f"Right is better, down is cheaper; the lines are 95 % limits. {choice.objective.share:.0%} are wanted within "
        f"{choice.objective.limit_ms:g} ms.",
    )
