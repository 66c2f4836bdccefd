"""Draws lines over a number: scale-out over simultaneous requests, cost over traffic."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from bench.charts.scale import Scale, scale_for
from bench.charts.svg import Chart, Series, axis_below, axis_left, legend, marker, path, text

Curve = tuple[Series, Sequence[tuple[float, float]]]


def curves(
    data: Sequence[Curve],
    width: float,
    x_title: str,
    x_label: Callable[[float], str],
    y_label: Callable[[float], str],
    marked: Sequence[tuple[Series, float, float]] = (),
) -> Chart:
    """Curves over a logarithmic x-axis; `marked` are single points to point out."""
    keys, used = legend([series for series, _ in data], width, 0, lines=True)
    top, bottom, left = used + 10, used + 220, 62.0
    xs = [x for _, points in data for x, _ in points]
    across = Scale(min(xs), max(max(xs), min(xs) * 1.01), left, width - 16, log=True)
    up = scale_for((y for _, points in data for _, y in points), bottom, top)
    sizes = sorted(set(xs))
    ticks = sizes if len(sizes) <= 6 else across.ticks(6 if width > 500 else 3)
    body = [keys, axis_left(up, left, width - 16, [(tick, y_label(tick)) for tick in up.ticks(4)])]
    body.append(axis_below(across, top, bottom, [(tick, x_label(tick)) for tick in ticks]))
    body.append(text(width - 16, bottom + 31, x_title, "end", "tick"))
    said = []
    for series, points in data:
        shown = [(across(x), up(y)) for x, y in points if math.isfinite(y)]
        body.append(path(shown, series))
        if len(points) <= 8:
            body += [marker(x, y, series) for x, y in shown]
        chosen = points if len(points) <= 8 else (points[0], points[len(points) // 2], points[-1])
        said.append(f"{series.name}: " + ", ".join(f"{y_label(y)} at {x_label(x)}" for x, y in chosen))
    for series, x, y in marked:
        body.append(marker(across(x), up(y), series, 5.0))
    return Chart("".join(body), bottom + 38, "; ".join(said) + ".")
