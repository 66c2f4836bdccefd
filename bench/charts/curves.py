"""Draws lines over a number: scale-out over simultaneous requests, cost over traffic, a prediction over sizes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.charts.scale import Scale, scale_for
from bench.charts.svg import Chart, Series, area, axis_below, axis_left, legend, line, marker, path, text

Curve = tuple[Series, Sequence[tuple[float, float]]]
Band = tuple[Series, Sequence[tuple[float, float, float]]]
"""The low and the high end at each x."""


@dataclass(frozen=True)
class Limit:
    """A value that a curve must not pass: `at` on the x-axis (`across`) or on the y-axis."""

    name: str
    at: float
    across: bool


def curves(
    data: Sequence[Curve],
    width: float,
    x_title: str,
    x_label: Callable[[float], str],
    y_label: Callable[[float], str],
    marked: Sequence[tuple[Series, float, float]] = (),
    bands: Sequence[Band] = (),
    limits: Sequence[Limit] = (),
) -> Chart:
    """Curves over a logarithmic x-axis; `marked` are single points to point out, `limits` lines with their numbers."""
    keys, used = legend([series for series, _ in data], width, 0, lines=True)
    top, bottom, left = used + 10 + 12 * bool(limits), used + 220, 62.0
    xs = [x for _, points in data for x, _ in points]
    ys = [y for _, points in data for _, y in points] + [y for _, points in bands for _, *ends in points for y in ends]
    across = Scale(min(xs), max(max(xs), min(xs) * 1.01), left, width - 16, log=True)
    up = scale_for(ys, bottom, top)
    sizes = sorted(set(xs))
    ticks = sizes if len(sizes) <= 6 else across.ticks(6 if width > 500 else 3)
    body = [keys, axis_left(up, left, width - 16, [(tick, y_label(tick)) for tick in up.ticks(4)])]
    body.append(axis_below(across, top, bottom, [(tick, x_label(tick)) for tick in ticks]))
    body.append(text(width - 16, bottom + 31, x_title, "end", "tick"))
    for series, points in bands:
        lower, upper = ([(across(x), up(ends[side])) for x, *ends in points] for side in (0, 1))
        body.append(area([*lower, *reversed(upper)], series))
    drawn, said = _drawn(data, across, up, x_label, y_label)
    body += [*drawn, *_limits(limits, across, up)]
    for series, x, y in marked:
        body.append(marker(across(x), up(y), series, 5.0))
    said += [f"limit {number}, {limit.name}" for number, limit in enumerate(limits, 1)]
    return Chart("".join(body), bottom + 38, "; ".join(said) + ".")


def _drawn(
    data: Sequence[Curve], across: Scale, up: Scale, x_label: Callable[[float], str], y_label: Callable[[float], str]
) -> tuple[list[str], list[str]]:
    """The curves, with a marker for each point where there are few, and their message in words."""
    body, said = [], []
    for series, points in data:
        shown = [(across(x), up(y)) for x, y in points if math.isfinite(y)]
        body.append(path(shown, series))
        if len(points) <= 8:
            body += [marker(x, y, series) for x, y in shown]
        chosen = points if len(points) <= 8 else (points[0], points[len(points) // 2], points[-1])
        said.append(f"{series.name}: " + ", ".join(f"{y_label(y)} at {x_label(x)}" for x, y in chosen))
    return body, said


def _limits(limits: Sequence[Limit], across: Scale, up: Scale) -> list[str]:
    """A line for each limit that lies within the axes, with its number at the end."""
    body = []
    for number, limit in enumerate(limits, 1):
        scale = across if limit.across else up
        if not scale.low <= limit.at <= scale.high:
            continue
        place = scale(limit.at)
        if limit.across:
            body.append(line(place, up.end, place, up.start, "limit"))
            body.append(text(place, up.end - 4, str(number), "middle", "tick"))
        else:
            body.append(line(across.start, place, across.end, place, "limit"))
            body.append(text(across.end + 4, place + 4, str(number), kind="tick"))
    return body
