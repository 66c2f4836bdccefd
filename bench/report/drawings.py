"""The figures of a report: which points, which chart, which words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.cost.model import Costs
from bench.report.breakdown import PARTS
from bench.report.charts.curves import curves
from bench.report.charts.distributions import drift, ecdf, strip
from bench.report.charts.parts import stacked
from bench.report.charts.svg import WIDTHS, Chart, Series, document
from bench.report.costing import BREAK_EVEN_SHARE
from bench.report.formats import money, variant_name
from bench.runs.cold_starts.scale_out import ScaleOut
from bench.runs.judge import Judged
from bench.runs.plan import Variant
from bench.runs.selection import State, select
from bench.stats.clusters import median_interval

_TRAFFIC = [10 ** (exponent / 4) for exponent in range(8, 33)]  # 100 to 100 million requests a month


@dataclass(frozen=True)
class Figure:
    """A chart drawn at both widths, with its heading and caption."""

    title: str
    svg: str
    caption: str


def figures(judged: Sequence[Judged], variants: Sequence[Variant], summary: Mapping[str, Any]) -> Iterator[Figure]:
    """All figures for which the run has data."""
    names = {variant: _series(variant, variants, summary["variants"]) for variant in variants}
    for state in ("cold", "warm"):
        measured = [(names[v], found) for v in variants if (found := select(judged, v, state)).used]
        if measured:
            yield from _distributions(state, measured)
    rows = [
        (variant_name(item, summary["variants"]), item["breakdown_ms"]["cold"])
        for item in summary["variants"]
        if item["breakdown_ms"]["cold"]
    ]
    if rows:
        explained = "; ".join(f"{number} {name}: {what}" for number, (name, what) in enumerate(PARTS.items(), 1))
        yield _figure("Where a cold start's time goes", lambda width: stacked(rows, width),
                      f"Means over the middle half of the samples; the parts add up. {explained}.")  # fmt: skip
    yield from _scale_out(names, summary)
    yield from _cost(names, summary)


def _distributions(state: str, measured: Sequence[tuple[Series, State]]) -> Iterator[Figure]:
    data = [(series, found.latencies) for series, found in measured]
    intervals = [median_interval(found.visits) for _, found in measured]
    yield _figure(
        f"Every {state} sample",
        lambda width: strip(data, intervals, width),
        "Each mark is one request, the line the median, the band its 95 % interval (visits are the units).",
    )
    yield _figure(
        f"Share of answered {state} requests within a time",
        lambda width: ecdf(data, width),
        "The further left, the faster; steps are single samples. Failed requests are not in it.",
    )
    yield _figure(
        f"Drift of the {state} samples",
        lambda width: drift(data, width),
        "A trend would mean that conditions changed during the run; it is tested, and noted above the verdicts.",
    )


def _scale_out(names: Mapping[Variant, Series], summary: Mapping[str, Any]) -> Iterator[Figure]:
    data = []
    for variant, series in names.items():
        points = [
            (float(item["size"]), float(item["cold_p50_ms"]))
            for item in summary["other_cold_starts"]
            if item["kind"] == ScaleOut.name and item["cold_p50_ms"] is not None and _is(item, variant)
        ]
        if points:
            data.append((series, points))
    if data:
        yield _figure(
            "Scale-out: cold starts when several requests come at once",
            lambda width: curves(data, width, "simultaneous requests", lambda x: f"{x:.0f}", _duration),
            "Median time of those requests that had to start an environment.",
        )


def _cost(names: Mapping[Variant, Series], summary: Mapping[str, Any]) -> Iterator[Figure]:
    costs = summary["costs"]
    if not costs or not costs["variants"]:
        return
    priced = {v: entry for v in names for entry in costs["variants"] if _is(entry, v)}
    data = [(names[variant], [(x, _monthly(entry, x)) for x in _TRAFFIC]) for variant, entry in priced.items()]
    marked = []
    for even in costs["break_even"]:
        variant, requests = Variant(**even["a"]), even["requests_per_month"]
        if requests and _TRAFFIC[0] <= requests <= _TRAFFIC[-1] and variant in priced:
            marked.append((names[variant], requests, _monthly(priced[variant], requests)))
    yield _figure(
        "Cost of a month over traffic",
        lambda width: curves(data, width, "requests a month", _thousands, _dollars, marked),
        f"At {BREAK_EVEN_SHARE:.0%} cold starts, with list prices of {costs['region']}, {costs['prices_date']}; "
        "large marks are break-even points. Durations as measured here.",
    )


def _monthly(entry: Mapping[str, Any], requests: float) -> float:
    costs = Costs(entry["cold_start_usd"], entry["warm_request_usd"], entry["idle_month_usd"])
    return costs.month(requests, BREAK_EVEN_SHARE)


def _is(item: Mapping[str, Any], variant: Variant) -> bool:
    return all(item[key] == getattr(variant, key) for key in ("backend", "engine", "memory_mb", "tokens", "arm"))


def _series(variant: Variant, variants: Sequence[Variant], items: Sequence[Mapping[str, Any]]) -> Series:
    backends = list(dict.fromkeys(v.backend for v in variants))
    engines = list(dict.fromkeys(v.engine for v in variants))
    number = list(variants).index(variant)
    return Series(
        variant_name(items[number], items), backends.index(variant.backend) % 4, number, variant.engine != engines[0]
    )


def _figure(title: str, draw: Callable[[float], Chart], caption: str) -> Figure:
    identity = "".join(c if c.isalnum() else "-" for c in title.lower())
    drawn = (document(draw(width), width, f"{identity}-{kind}", title, kind) for kind, width in WIDTHS.items())
    return Figure(title, "".join(drawn), caption)


def _duration(value: float) -> str:
    return f"{value / 1000:.3g} s" if value >= 1000 else f"{value:.3g} ms"


def _dollars(value: float) -> str:
    return f"${_thousands(value).replace(' ', '')}" if value >= 1000 else money(float(f"{value:.2g}"))


def _thousands(value: float) -> str:
    if value >= 1e6:
        return f"{value / 1e6:.3g} M"
    return f"{value / 1e3:.3g} k" if value >= 1e3 else f"{value:.3g}"
