"""Shows what a month would cost over its traffic."""

from __future__ import annotations

from bench.charts.curves import curves
from bench.report.costing import BREAK_EVEN_SHARE
from bench.report.figures.figure import Figure, drawn, series_of
from bench.report.report import Report
from bench.text.numbers import money, thousands

_TRAFFIC = [10 ** (exponent / 4) for exponent in range(8, 33)]  # 100 to 100 million requests a month


def figure(report: Report) -> Figure | None:
    """A curve per variant that was priced, with the break-even points marked."""
    costs = report.costs
    if costs is None or not costs.variants:
        return None
    series, priced = series_of(report), {item.variant: item for item in costs.variants}
    data = [
        (series[variant], [(x, item.month_usd(x, BREAK_EVEN_SHARE)) for x in _TRAFFIC])
        for variant, item in priced.items()
    ]
    marked = [
        (series[even.a], requests, priced[even.a].month_usd(requests, BREAK_EVEN_SHARE))
        for even in costs.break_evens
        if (requests := even.requests_per_month) and _TRAFFIC[0] <= requests <= _TRAFFIC[-1]
    ]
    return drawn(
        "Cost of a month over traffic",
        lambda width: curves(data, width, "requests a month", thousands, _dollars, marked),
        f"At {BREAK_EVEN_SHARE:.0%} cold starts, with list prices of {costs.region}, {costs.prices_date}; "
        "large marks are break-even points. Durations as measured here.",
    )


def _dollars(value: float) -> str:
    return f"${thousands(value).replace(' ', '')}" if value >= 1000 else money(float(f"{value:.2g}"))
