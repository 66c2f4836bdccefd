"""Makes the tables of a load: its figures, how they went over time, and the rates that a search tried."""

from __future__ import annotations

from collections.abc import Iterator

from bench.report.loads.over_time import slices
from bench.report.loads.report import BackendLoad, LoadReport
from bench.report.loads.saturation import Saturation
from bench.report.loads.searched import Searched
from bench.report.loads.steps import arrivals_of, measured_steps, readings_of, tells_cold
from bench.report.table import Table
from bench.text.numbers import ms, percent


def load_tables(report: LoadReport) -> Iterator[Table]:
    """All tables. The steps of a search are too short to be cut into slices of time."""
    yield figures(report)
    if report.searches:
        yield from map(rates_tried, report.searches)
    else:
        yield from over_time(report)


def figures(report: LoadReport) -> Table:
    """What became of the requests of each step."""
    rows = [
        (
            _named(item, report), str(item.due), str(item.dropped), str(item.failed), percent(item.answered_share),
            "-" if item.cold is None else str(item.cold), percent(item.cold_share), ms(item.p50_ms),
            ms(item.p95_ms), ms(item.p99_ms), ms(item.max_ms), ms(item.lag_p50_ms),
            ms(item.lag_max_ms), _machine(item.saturation), _cores(item.saturation.client_cores),
        )
        for item in report.backends
    ]  # fmt: skip
    columns = (
        "storage", "due", "dropped", "failed", "answered", "cold", "cold share", "p50", "p95", "p99", "slowest",
        "sent late, median", "sent late, most", "machine busy", "client, cores",
    )  # fmt: skip
    return Table("Under load", columns, rows, _note(report))


def rates_tried(found: Searched) -> Table:
    """The rates that a search tried, in order."""
    rows = [
        (
            f"{each.rate:g}", str(each.requests), percent(each.met.within), percent(each.met.low),
            percent(each.met.high), str(each.met.independent), each.met.verdict,
        )
        if each.met
        else (f"{each.rate:g}", str(each.requests), "-", "-", "-", "-", "broken off")
        for each in found.tried
    ]  # fmt: skip
    header = ("rate", "requests", "within", "at least", "at most", "independent", "verdict")
    note = (
        f"Requests a second, in the order tried, and the share that met {found.objective}. At least and at most hold "
        "with 95 % each, for one rate; they are exact for as many independent requests as these are worth, "
        "because neighbours meet the same queue. A queue that grows more slowly than one step lasts is not seen."
    )
    return Table(f"Rates tried: {found.backend}", header, rows, note)


def over_time(report: LoadReport) -> Iterator[Table]:
    """How latencies, cold starts and processors went, for each step."""
    for step in measured_steps(report.load):
        parts = slices(arrivals_of(report.load, step), readings_of(report.load, step), step.duration_s)
        known = tells_cold(report.load, step.backend)
        rows = [
            (
                f"{part.start_s:.3g}-{part.end_s:.3g} s", str(part.due), str(part.lost),
                str(part.cold) if known else "-",
                ms(part.p50_ms), ms(part.max_ms), _cores(part.machine),
            )
            for part in parts
        ]  # fmt: skip
        header = ("time", "due", "lost", "cold", "p50", "slowest", "machine, cores")
        note = "By when requests were due; lost are those that failed or were dropped. Milliseconds."
        yield Table(f"Over time: {step.backend}", header, rows, note)


def _named(item: BackendLoad, report: LoadReport) -> str:
    return f"{item.backend} · {item.start_rate:g}/s" if report.searches else item.backend


def _machine(found: Saturation) -> str:
    if found.machine_cores is None or not found.cores:
        return "-"
    return f"{found.machine_cores / found.cores:.0%} of {found.cores:g}"


def _cores(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _note(report: LoadReport) -> str:
    header = report.header
    asked = header.asked or f"{header.rate:g} requests a second for {header.duration_s:g} s, {header.spacing} arrivals"
    return (
        f"{asked[0].upper()}{asked[1:]}, open loop: milliseconds count from when a request was due, over the requests "
        "that were answered. The cold share is of those. One load is one stretch of time: its percentiles have no "
        "interval."
    )
