"""Draws the requests of a load over time: each a mark, or a line of medians where there are too many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.charts.scale import Scale, scale_for
from bench.charts.svg import Chart, Series, axis_below, axis_left, legend, line, marker, path, text
from bench.text.numbers import duration, ms

_MOST_MARKS = 600  # more of them are a heavy page and a black cloud


@dataclass(frozen=True)
class Point:
    """A request that was answered: when it was due, and after how long it was answered."""

    at_s: float
    latency_ms: float
    cold: bool


@dataclass(frozen=True)
class OverTime:
    """A step: its answered requests, the times of the lost ones, and the median and longest latency of each slice."""

    points: Sequence[Point]
    lost_s: Sequence[float]
    medians: Sequence[tuple[float, float]]
    longest: Sequence[tuple[float, float]]
    busy: Sequence[tuple[float, float]]
    duration_s: float


def over_time(data: OverTime, series: Series, width: float) -> Chart:
    """Latency over the time at which requests were due; below it, how busy the machine was."""
    warm, cold = Series("warm", series.colour, 0), Series("cold", series.colour, 1, hollow=True)
    median = Series("median", series.colour, 0)
    few = len(data.points) <= _MOST_MARKS
    keys, used = legend([warm, cold] if few else [median, Series("slowest", series.colour, 1)], width, 0, lines=not few)
    top, bottom, left = used + 16, used + 216, 62.0
    up = scale_for([point.latency_ms for point in data.points], bottom, top)
    across = Scale(0, data.duration_s, left, width - 16)
    ticks = across.ticks(6 if width > 500 else 3)
    body = [keys, axis_left(up, left, width - 16, [(tick, duration(tick)) for tick in up.ticks(4)])]
    if few:
        marks = sorted(data.points, key=lambda point: point.cold)  # the rarer ones on top
        body += [marker(across(p.at_s), up(p.latency_ms), cold if p.cold else warm) for p in marks]
    else:
        body.append(path(_placed(data.longest, across, up), Series("", series.colour, 1)))
    body.append(path(_placed(data.medians, across, up), median, "faint line" if few else "line"))
    body += [line(across(at), top - 12, across(at), top - 4, "median") for at in data.lost_s]
    end = _busy(data, across, bottom, left, width, body)
    body.append(axis_below(across, top, end, [(tick, f"{tick:g} s") for tick in ticks]))
    return Chart("".join(body), end + 24, _said(data))


def _placed(
    points: Sequence[tuple[float, float]], across: Callable[[float], float], up: Callable[[float], float]
) -> list[tuple[float, float]]:
    return [(across(x), up(y)) for x, y in points]


def _busy(data: OverTime, across: Scale, bottom: float, left: float, width: float, body: list[str]) -> float:
    """Draw the lane of the processors below the chart, if they were read; return where it ends."""
    if not data.busy:
        return bottom
    lane = Scale(0, 1, bottom + 62, bottom + 22)
    body.append(axis_left(lane, left, width - 16, [(0.0, "0 %"), (1.0, "100 %")]))
    body.append(text(left, bottom + 16, "processors of the machine", kind="tick"))
    body.append(path([(across(x), lane(y)) for x, y in data.busy], Series("", 3, 0)))
    return bottom + 62


def _said(data: OverTime) -> str:
    medians = ", ".join(f"{ms(value)} ms around {at:.3g} s" for at, value in data.medians)
    colds = sum(point.cold for point in data.points)
    shown = data.busy[:: max(1, len(data.busy) // 5)]
    busy = f" Machine: {', '.join(f'{value:.0%} at {at:.3g} s' for at, value in shown)}." if shown else ""
    return f"Medians: {medians}. {colds} cold starts, {len(data.lost_s)} lost.{busy}"
