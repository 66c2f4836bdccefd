"""Draws points by two quantities, each point with the intervals of both, in panels that share the x-axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.charts.scale import Scale, scale_for
from bench.charts.svg import CHARACTER, Chart, Series, axis_below, axis_left, line, marker, text

Ends = tuple[float, float]
_LEFT = 62.0


@dataclass(frozen=True)
class Point:
    """A variant by two quantities, with the ends of their intervals where they are known."""

    series: Series
    x: float
    y: float
    x_ends: Ends | None
    y_ends: Ends | None


@dataclass(frozen=True)
class Panel:
    """Points under a title of their own, which says what the y-axis is."""

    title: str
    points: Sequence[Point]


@dataclass(frozen=True)
class Labels:
    """How values of the two axes are written, and what the x-axis is."""

    x_title: str
    x: Callable[[float], str]
    y: Callable[[float], str]


def scatter(panels: Sequence[Panel], width: float, labels: Labels) -> Chart:
    """The panels one below the other; the names stand beside their points."""
    points = [point for panel in panels for point in panel.points]
    across = scale_for([x for each in points for x in (each.x, *(each.x_ends or ()))], _LEFT, width - 16)
    ticks = [(tick, labels.x(tick)) for tick in across.ticks(6 if width > 500 else 3)]
    body, top = [], 0.0
    for panel in panels:
        bottom = top + 24 + max(130.0, 24.0 * len(panel.points))
        body += [text(0, top + 12, panel.title, kind="strong"), *_panel(panel, across, top + 24, bottom, labels)]
        body.append(axis_below(across, top + 24, bottom, ticks))
        top = bottom + 34
    body.append(text(width - 16, top - 3, labels.x_title, "end", "tick"))
    said = "; ".join(
        f"{panel.title}: {', '.join(_in_words(each, labels) for each in panel.points)}" for panel in panels
    )
    return Chart("".join(body), top + 4, f"Over {labels.x_title}. {said}.")


def _panel(panel: Panel, across: Scale, top: float, bottom: float, labels: Labels) -> list[str]:
    up = scale_for([y for each in panel.points for y in (each.y, *(each.y_ends or ()))], bottom, top)
    body = [axis_left(up, _LEFT, across.end, [(tick, labels.y(tick)) for tick in up.ticks(4)])]
    taken: list[tuple[float, float, float]] = []
    for each in sorted(panel.points, key=lambda point: (point.y, point.x)):
        x, y, colour = across(each.x), up(each.y), f"whisker c{each.series.colour}"
        if each.x_ends:
            body.append(line(across(each.x_ends[0]), y, across(each.x_ends[1]), y, colour))
        if each.y_ends:
            body.append(line(x, up(each.y_ends[0]), x, up(each.y_ends[1]), colour))
        body.append(marker(x, y, each.series, 5.0))
        body.append(_name(each.series.name, x, y, across.end + 16, taken))
    return body


def _name(name: str, x: float, y: float, width: float, taken: list[tuple[float, float, float]]) -> str:
    """The name beside its point, lifted over names that are there already."""
    needed = len(name) * CHARACTER
    start = x + 9 if x + 9 + needed <= width else max(x - 9 - needed, 0.0)
    height = y - 7
    while any(abs(height - other) < 13 and start < end and start + needed > begin for begin, end, other in taken):
        height -= 13
    taken.append((start, start + needed, height))
    return text(start, height, name)


def _in_words(point: Point, labels: Labels) -> str:
    def said(value: float, ends: Ends | None, label: Callable[[float], str]) -> str:
        return label(value) + (f" ({label(ends[0])} to {label(ends[1])})" if ends else "")

    return f"{point.series.name} {said(point.x, point.x_ends, labels.x)}, {said(point.y, point.y_ends, labels.y)}"
