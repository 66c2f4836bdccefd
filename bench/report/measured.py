"""Derives what a run says about each variant: latencies, phases, bytes and memory."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.report.breakdown import Span, breakdown, spans_in_init
from bench.report.rounding import finite, median_known
from bench.runs.judge import Judged
from bench.runs.plan import Variant
from bench.runs.selection import Counts, State, select
from bench.stats.clusters import median_interval
from bench.stats.quantiles import Interval, quantile, stated_quantile
from contract.phases import ENCODE, FETCH, RANK


@dataclass(frozen=True)
class Latency:
    """A variant in a state (cold or warm), in ms. None: nothing measured, too few visits, or longer than the limit.

    `points` are the request times in order of time, infinite where the request was given up; `interval` is the
    median's (95 %); `parts_ms` say where the time went, `init_spans` what ran side by side within INIT (see
    `bench.report.breakdown`).
    """

    counts: Counts
    points: tuple[float, ...]
    interval: Interval | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    connect_p50_ms: float | None
    parts_ms: Mapping[str, float]
    init_spans: Mapping[str, Span]


@dataclass(frozen=True)
class Measured:
    """A variant as measured; `storage` says where its weights are.

    `phases_ms` are medians over cold starts by phase, with those of warm requests as `warm_…`.
    """

    variant: Variant
    storage: str
    cold: Latency
    warm: Latency
    phases_ms: Mapping[str, float]
    fetched_bytes: float | None
    fetch_mb_s: float | None
    max_memory_mb: float | None

    @property
    def states(self) -> Mapping[str, Latency]:
        """Both states by name."""
        return {"cold": self.cold, "warm": self.warm}


def measured(judged: Sequence[Judged], variant: Variant, storage: str) -> Measured:
    """What the judged samples say about one variant."""
    cold, warm = select(judged, variant, "cold"), select(judged, variant, "warm")
    peaks = [item.report.max_memory_mb for item in (*cold.valid, *warm.valid) if item.report]
    return Measured(
        variant=variant,
        storage=storage,
        cold=_latency(cold),
        warm=_latency(warm),
        phases_ms=_median_phases(cold.valid) | _median_phases(warm.valid, (ENCODE, RANK), "warm_"),
        fetched_bytes=median_known(item.sample.seen.fetched_bytes for item in cold.valid),
        fetch_mb_s=median_known(map(_fetch_rate, cold.valid)),
        max_memory_mb=max((peak for peak in peaks if peak is not None), default=None),
    )


def _latency(state: State) -> Latency:
    points, visits = state.latencies, state.visits
    return Latency(
        counts=state.counts,
        points=points,
        interval=median_interval(visits),
        p50_ms=finite(quantile(points, 0.5) if points else None),
        p95_ms=finite(stated_quantile(points, 0.95, len(visits))),
        p99_ms=finite(stated_quantile(points, 0.99, len(visits))),
        connect_p50_ms=median_known([item.sample.seen.connect_ms for item in state.valid]),
        parts_ms=breakdown(state.valid),
        init_spans=spans_in_init(state.valid),
    )


def _fetch_rate(item: Judged) -> float | None:
    """MB/s while fetching; None when nothing was fetched."""
    seen = item.sample.seen
    fetch_ms = seen.phases_ms.get(FETCH, 0.0)
    return seen.fetched_bytes / 1e3 / fetch_ms if seen.fetched_bytes and fetch_ms > 0 else None


def _median_phases(samples: Iterable[Judged], names: Sequence[str] | None = None, prefix: str = "") -> dict[str, float]:
    """The median of each phase, over the samples that report it, in ms."""
    spans: dict[str, list[float]] = {}
    for item in samples:
        for name, value in item.sample.seen.phases_ms.items():
            if names is None or name in names:
                spans.setdefault(prefix + name, []).append(value)
    return {name: round(statistics.median(values), 3) for name, values in spans.items()}
