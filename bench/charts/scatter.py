"""Draws points by two quantities, each point with the intervals of both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.charts.scale import scale_for
from bench.charts.svg import CHARACTER, Chart, Series, axis_below, axis_left, line, marker, text

Ends = tuple[float, float]


@dataclass(frozen=True)
class Point:
    """A variant by two quantities, with the ends of their intervals where they are known."""

    series: Series
    x: float
    y: float
    x_ends: Ends | None
    y_ends: Ends | None


def scatter(
    points: Sequence[Point],
    width: float,
    titles: tuple[str, str],
    x_label: Callable[[float], str],
    y_label: Callable[[float], str],
) -> Chart:
    """Points with their names beside them; `titles` are those of the x-axis and of the y-axis."""
    top, bottom, left = 26.0, 26.0 + max(200.0, 22.0 * len(points)), 62.0
    across = scale_for([x for each in points for x in (each.x, *(each.x_ends or ()))], left, width - 16)
    up = scale_for([y for each in points for y in (each.y, *(each.y_ends or ()))], bottom, top)
    body = [text(0, 12, titles[1], kind="tick"), text(width - 16, bottom + 31, titles[0], "end", "tick")]
    body.append(axis_left(up, left, width - 16, [(tick, y_label(tick)) for tick in up.ticks(4)]))
    ticks = [(tick, x_label(tick)) for tick in across.ticks(6 if width > 500 else 3)]
    body.append(axis_below(across, top, bottom, ticks))
    taken: list[tuple[float, float, float]] = []
    for each in sorted(points, key=lambda point: (point.y, point.x)):
        x, y, colour = across(each.x), up(each.y), f"whisker c{each.series.colour}"
        if each.x_ends:
            body.append(line(across(each.x_ends[0]), y, across(each.x_ends[1]), y, colour))
        if each.y_ends:
            body.append(line(x, up(each.y_ends[0]), x, up(each.y_ends[1]), colour))
        body.append(marker(x, y, each.series, 5.0))
        body.append(_name(each.series.name, x, y, width, taken))
    said = (_in_words(each, x_label, y_label) for each in points)
    return Chart("".join(body), bottom + 38, f"{titles[1]} over {titles[0]}. {'; '.join(said)}.")


def _name(name: str, x: float, y: float, width: float, taken: list[tuple[float, float, float]]) -> str:
    """The name beside its point, lifted over names that are there already."""
    needed = len(name) * CHARACTER
    start = x + 9 if x + 9 + needed <= width else x - 9 - needed
    height = y - 7
    while any(abs(height - other) < 13 and start < end and start + needed > begin for begin, end, other in taken):
        height -= 13
    taken.append((start, start + needed, height))
    return text(start, height, name)


def _in_words(point: Point, x_label: Callable[[float], str], y_label: Callable[[float], str]) -> str:
    def said(value: float, ends: Ends | None, label: Callable[[float], str]) -> str:
        return label(value) + (f" ({label(ends[0])} to {label(ends[1])})" if ends else "")

    return f"{point.series.name}: {said(point.x, point.x_ends, x_label)}, {said(point.y, point.y_ends, y_label)}"
