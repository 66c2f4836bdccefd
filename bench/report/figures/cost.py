"""Shows what a month would cost over its traffic."""

from __future__ import annotations

from bench.charts.curves import curves
from bench.cost.month import RATES_PER_HOUR, month_of
from bench.cost.traffic import STEADY
from bench.report.figures.figure import Figure, drawn, series_of
from bench.report.report import Report
from bench.text.numbers import money, thousands


def figure(report: Report) -> Figure | None:
    """A curve per variant that was priced, with the break-even points marked."""
    costs = report.costs
    if costs is None or not costs.variants:
        return None
    series, keep_alive = series_of(report), costs.rates.keep_alive
    priced = {item.variant: item.costs for item in costs.variants}
    traffics = {rate: STEADY.at(rate) for rate in RATES_PER_HOUR}
    months = {
        variant: {rate: month_of(found, traffic, keep_alive) for rate, traffic in traffics.items()}
        for variant, found in priced.items()
    }
    data = [
        (series[variant], [(rate, month.usd) for rate, month in by_rate.items()]) for variant, by_rate in months.items()
    ]
    bands = [
        (
            series[variant],
            [(rate, month.interval.low, month.interval.high) for rate, month in by_rate.items() if month.interval],
        )
        for variant, by_rate in months.items()
    ]
    marked = [
        (series[even.a], rate, month_of(priced[even.a], STEADY.at(rate), keep_alive).usd)
        for even in costs.break_evens
        for rate in even.per_hour
    ]
    return drawn(
        "Cost of a month over traffic",
        lambda width: curves(data, width, "requests an hour", thousands, money, marked, bands),
        f"Requests at random around the clock; an area is the 95 % interval over every keep-alive; large marks are "
        f"break-even points. {costs.said} Durations as measured here.",
    )
