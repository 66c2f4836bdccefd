"""Derives the figures of a load: latency from the due time, lag, drops, cold starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.measure.arrivals import arrivals as arrivals_due
from bench.report.rounding import finite
from bench.report.table import Table
from bench.report.trust import MOST_LOST, warnings
from bench.runs.loads import Arrival, LoadHeader
from bench.runs.selection import share
from bench.stats.quantiles import quantile, stated_quantile
from bench.text.numbers import ms, percent


@dataclass(frozen=True)
class BackendLoad:
    """What became of the requests to one backend: counts, and times in ms of those that were answered or sent."""

    backend: str
    due: int
    dropped: int
    failed: int
    answered_share: float | None
    cold: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    lag_p50_ms: float | None
    lag_max_ms: float | None


@dataclass(frozen=True)
class LoadReport:
    """The figures of a load; `untrusted` says why they must not be used, if so."""

    header: LoadHeader
    untrusted: tuple[str, ...]
    backends: tuple[BackendLoad, ...]

    @property
    def notes(self) -> list[str]:
        """What a reader must know before believing a figure."""
        return [*warnings(self.untrusted), *self.header.notes]

    @property
    def is_sound(self) -> bool:
        """Whether every backend answered, and the figures may be used."""
        return not self.untrusted and all(item.p50_ms is not None for item in self.backends)


def load_report(header: LoadHeader, arrivals: Sequence[Arrival]) -> LoadReport:
    """The report of a load."""
    names = dict.fromkeys(arrival.backend for arrival in arrivals)
    items = tuple(_backend(name, [arrival for arrival in arrivals if arrival.backend == name]) for name in names)
    return LoadReport(header, tuple(_untrusted(header, items)), items)


def _untrusted(header: LoadHeader, items: Sequence[BackendLoad]) -> list[str]:
    """Reasons why the figures must not be used: too few requests were due, sent or answered."""
    planned = len(arrivals_due(header.rate, header.duration_s, header.spacing, header.seed))
    found = []
    for item in items:
        if item.due < planned:
            found.append(f"incomplete: {item.due} of {planned} planned requests of {item.backend} came due")
        for what, lost in (("failed", item.failed), ("dropped", item.dropped)):
            if lost > MOST_LOST * item.due:
                found.append(
                    f"{lost} of {item.due} requests of {item.backend} {what}: "
                    f"{lost / item.due:.1%}, more than {MOST_LOST:.0%}"
                )
    return found


def _backend(name: str, arrivals: Sequence[Arrival]) -> BackendLoad:
    sent = [arrival for arrival in arrivals if not arrival.dropped]
    good = [a.latency_ms for a in sent if a.status == 200 and a.latency_ms is not None]
    lags = [arrival.lag_ms for arrival in sent]
    return BackendLoad(
        backend=name,
        due=len(arrivals),
        dropped=len(arrivals) - len(sent),
        failed=len(sent) - len(good),
        answered_share=share(len(good), len(arrivals)),
        cold=sum(arrival.cold for arrival in sent),
        p50_ms=finite(quantile(good, 0.5)) if good else None,
        p95_ms=finite(stated_quantile(good, 0.95)),
        p99_ms=finite(stated_quantile(good, 0.99)),
        max_ms=finite(max(good)) if good else None,
        lag_p50_ms=finite(quantile(lags, 0.5)) if lags else None,
        lag_max_ms=finite(max(lags)) if lags else None,
    )


def load_table(report: LoadReport) -> Table:
    """The figures as a table."""
    rows = [
        (
            item.backend, str(item.due), str(item.dropped), str(item.failed), percent(item.answered_share),
            str(item.cold), ms(item.p50_ms), ms(item.p95_ms), ms(item.p99_ms), ms(item.max_ms), ms(item.lag_p50_ms),
            ms(item.lag_max_ms),
        )
        for item in report.backends
    ]  # fmt: skip
    columns = (
        "backend", "due", "dropped", "failed", "answered", "cold", "p50", "p95", "p99", "max", "lag_p50", "lag_max",
    )  # fmt: skip
    header = report.header
    note = (
        f"{header.rate:g} requests a second for {header.duration_s:g} s, {header.spacing} arrivals, open loop: "
        "latency counts from when a request was due, over the requests that were answered. One load is one stretch of "
        "time: its percentiles have no interval."
    )
    return Table("Under load", columns, rows, note)
