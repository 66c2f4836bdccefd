"""Derives the figures of a load: latency from the due time, lateness of the client, drops, cold starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.report.loads.saturation import Saturation, saturation_of
from bench.report.loads.searched import Searched, searched
from bench.report.loads.steps import arrivals_of, measured_steps, readings_of, tells_cold
from bench.report.rounding import finite
from bench.report.trust import MOST_LOST, warnings
from bench.runs.loads import Load, LoadHeader, Step
from bench.runs.objective import parse_objective
from bench.runs.selection import share
from bench.stats.quantiles import quantile, stated_quantile


@dataclass(frozen=True)
class BackendLoad:
    """What became of the requests of a measured step: counts, and times in ms of those that were answered or sent.

    `cold_share` is of the requests that were answered; both are None where answers do not tell. Rates are requests a
    second, at the start and at the end.
    """

    backend: str
    step: int
    start_rate: float
    end_rate: float
    planned: int
    due: int
    dropped: int
    failed: int
    answered_share: float | None
    cold: int | None
    cold_share: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    lag_p50_ms: float | None
    lag_max_ms: float | None
    saturation: Saturation


@dataclass(frozen=True)
class LoadReport:
    """The figures of a load; `untrusted` says why they must not be used, if so. `searches` are empty for others."""

    load: Load
    untrusted: tuple[str, ...]
    backends: tuple[BackendLoad, ...]
    searches: tuple[Searched, ...]

    @property
    def header(self) -> LoadHeader:
        """The load, its target and its machine."""
        return self.load.header

    @property
    def notes(self) -> list[str]:
        """What a reader must know before believing a figure."""
        busy = [sentence for item in self.backends for sentence in item.saturation.sentences]
        return [*warnings(self.untrusted), *busy, *self.header.notes]

    @property
    def is_sound(self) -> bool:
        """Whether every backend answered, and the figures may be used."""
        return not self.untrusted and all(item.p50_ms is not None for item in self.backends)


def load_report(load: Load) -> LoadReport:
    """The report of a load."""
    items = tuple(_figures(step, load) for step in measured_steps(load))
    objective = load.header.objective
    searches = searched(load, parse_objective(objective)) if objective else ()
    return LoadReport(load, tuple(_untrusted(load, items, is_search=bool(searches))), items, searches)


def _untrusted(load: Load, items: Sequence[BackendLoad], *, is_search: bool) -> list[str]:
    """Reasons why the figures must not be used: too few requests were due, sent or answered.

    A search goes on until requests are lost: that is an answer of its own.
    """
    reached = {item.backend for item in items}
    found = [f"incomplete: nothing was sent to {name}" for name in load.header.backends if name not in reached]
    for item in items:
        if item.due < item.planned:
            found.append(f"incomplete: {item.due} of {item.planned} planned requests of {item.backend} came due")
        for what, lost in (("failed", item.failed), ("dropped", item.dropped)):
            if lost > MOST_LOST * item.due and not is_search:
                found.append(
                    f"{lost} of {item.due} requests of {item.backend} {what}: "
                    f"{lost / item.due:.1%}, more than {MOST_LOST:.0%}"
                )
    return found


def _figures(step: Step, load: Load) -> BackendLoad:
    due = arrivals_of(load, step)
    sent = [arrival for arrival in due if not arrival.dropped]
    answered = [a for a in sent if a.status == 200 and a.latency_ms is not None]
    good = [a.latency_ms for a in answered if a.latency_ms is not None]
    lags = [arrival.lag_ms for arrival in sent]
    known = tells_cold(load, step.backend)
    return BackendLoad(
        backend=step.backend,
        step=step.number,
        start_rate=step.start_rate,
        end_rate=step.end_rate,
        planned=step.planned,
        due=len(due),
        dropped=len(due) - len(sent),
        failed=len(sent) - len(good),
        answered_share=share(len(good), len(due)),
        cold=sum(arrival.cold for arrival in sent) if known else None,
        cold_share=share(sum(arrival.cold for arrival in answered), len(answered)) if known else None,
        p50_ms=finite(quantile(good, 0.5)) if good else None,
        p95_ms=finite(stated_quantile(good, 0.95)),
        p99_ms=finite(stated_quantile(good, 0.99)),
        max_ms=finite(max(good)) if good else None,
        lag_p50_ms=finite(quantile(lags, 0.5)) if lags else None,
        lag_max_ms=finite(max(lags)) if lags else None,
        saturation=saturation_of(step, readings_of(load, step), lags, is_lab=load.header.is_lab),
    )
