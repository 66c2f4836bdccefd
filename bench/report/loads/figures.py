"""Draws the figures of a load: each request over time."""

from __future__ import annotations

from collections.abc import Iterator

from bench.charts.over_time import OverTime, Point, over_time
from bench.charts.svg import Series
from bench.report.figures.figure import Figure, drawn
from bench.report.loads.over_time import slices
from bench.report.loads.report import LoadReport
from bench.report.loads.steps import arrivals_of, measured_steps, readings_of
from bench.runs.loads import Load, Step

_CAPTION = (
    "Each mark is a request that was answered, at the time when it was due; hollow ones met a cold start. Strokes "
    "above are requests that failed or were dropped. With too many requests for marks, lines show the median and the "
    "slowest of each tenth of the time."
)


def load_figures(report: LoadReport) -> Iterator[Figure]:
    """A figure for each measured step that had an answer."""
    steps = measured_steps(report.load)
    names = list(dict.fromkeys(step.backend for step in steps))
    for step in steps:
        data = _data(report.load, step)
        if data.points:
            series = Series(step.backend, names.index(step.backend) % 4, 0)
            rate = f" at {step.start_rate:g} a second" if report.searches else ""
            yield _figure(f"Latency over time: {step.backend}{rate}", data, series)


def _figure(title: str, data: OverTime, series: Series) -> Figure:
    return drawn(title, lambda width: over_time(data, series, width), _CAPTION)


def _data(load: Load, step: Step) -> OverTime:
    due, readings = arrivals_of(load, step), readings_of(load, step)
    parts = slices(due, readings, step.duration_s)
    middle = [((part.start_s + part.end_s) / 2, part) for part in parts]
    good = [(each, each.latency_ms) for each in due if each.status == 200 and each.latency_ms is not None]
    answered = {id(each) for each, _ in good}
    return OverTime(
        points=[Point(each.due_s, latency, each.cold) for each, latency in good],
        lost_s=[each.due_s for each in due if id(each) not in answered],
        medians=[(at, part.p50_ms) for at, part in middle if part.p50_ms is not None],
        longest=[(at, part.max_ms) for at, part in middle if part.max_ms is not None],
        busy=[
            (min(each.at_s, step.duration_s), each.machine / each.cores)
            for each in readings
            if each.machine is not None and each.cores and each.sender == readings[0].sender
        ],
        duration_s=step.duration_s,
    )
