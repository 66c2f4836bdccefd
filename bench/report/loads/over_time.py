"""Cuts a step into slices of time: what was due, how it was answered, and how busy the machine was meanwhile."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.runs.loads import Arrival, Reading
from bench.stats.quantiles import quantile

SLICES = 10


@dataclass(frozen=True)
class Slice:
    """A stretch of time in seconds: requests by what became of them, latencies in ms, and busy cores."""

    start_s: float
    end_s: float
    due: int
    lost: int
    cold: int
    p50_ms: float | None
    max_ms: float | None
    machine: float | None


def slices(arrivals: Sequence[Arrival], readings: Sequence[Reading], duration_s: float) -> list[Slice]:
    """Equal slices of the time in which requests were due; the last one holds its end, too."""
    width = duration_s / SLICES
    due: list[list[Arrival]] = [[] for _ in range(SLICES)]
    busy: list[list[float]] = [[] for _ in range(SLICES)]
    for arrival in arrivals:
        due[min(SLICES - 1, int(arrival.due_s / width))].append(arrival)
    for reading in readings:
        if reading.machine is not None and reading.at_s <= duration_s:
            busy[min(SLICES - 1, int(reading.at_s / width))].append(reading.machine)
    return [_slice(number * width, (number + 1) * width, due[number], busy[number]) for number in range(SLICES)]


def _slice(start_s: float, end_s: float, due: Sequence[Arrival], busy: Sequence[float]) -> Slice:
    good = [each.latency_ms for each in due if each.status == 200 and each.latency_ms is not None]
    return Slice(
        start_s=start_s,
        end_s=end_s,
        due=len(due),
        lost=len(due) - len(good),
        cold=sum(each.cold for each in due),
        p50_ms=quantile(good, 0.5) if good else None,
        max_ms=max(good, default=None),
        machine=statistics.fmean(busy) if busy else None,
    )
