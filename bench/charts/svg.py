"""Writes the few SVG elements that charts need. Colours are classes: a style sheet decides about light and dark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.charts.scale import Scale
from bench.text.escape import in_html

WIDTHS = {"wide": 720, "narrow": 340}
CHARACTER = 6.9  # width of a character of chart text, for laying out labels
_DASHES = ("", "7 3", "2 3", "10 3 2 3", "5 2 1 2 1 2", "1 4")


@dataclass(frozen=True)
class Series:
    """A variant in a chart: `colour` by backend, `style` is its number among all, `hollow` marks a second engine."""

    name: str
    colour: int
    style: int
    hollow: bool = False


@dataclass(frozen=True)
class Chart:
    """A drawn chart: its body, its height, and its message in words."""

    body: str
    height: float
    description: str


def text(x: float, y: float, content: str, anchor: str = "start", kind: str = "label") -> str:
    """A line of text; `kind` is label, tick, strong or inside."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{in_html(content)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line of a class."""
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def rectangle(x: float, y: float, width: float, height: float, kind: str) -> str:
    """A rectangle of a class."""
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.0):.1f}" height="{height:.1f}"/>'


def path(points: Iterable[tuple[float, float]], series: Series, kind: str = "line") -> str:
    """An open line through the points, dashed in the series' own way."""
    steps = " ".join(f"{'L' if i else 'M'}{x:.1f} {y:.1f}" for i, (x, y) in enumerate(points))
    dash = _DASHES[series.style % len(_DASHES)]
    return f'<path class="{kind} c{series.colour}" d="{steps}" stroke-dasharray="{dash}"/>'


def area(points: Iterable[tuple[float, float]], series: Series) -> str:
    """A filled band around the series' own line."""
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polygon class="band c{series.colour}" points="{corners}"/>'


def marker(x: float, y: float, series: Series, size: float = 3.4) -> str:
    """A point: its shape stands for the backend, a hollow one for the second engine."""
    kind = f"mark c{series.colour}{' hollow' if series.hollow else ''}"
    shape = series.colour % 4
    if shape == 0:
        return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}"/>'
    shapes: dict[int, list[tuple[float, float]]] = {
        1: [(-1, -1), (1, -1), (1, 1), (-1, 1)],
        2: [(0, -1.25), (1.15, 0.9), (-1.15, 0.9)],
        3: [(0, -1.35), (1.35, 0), (0, 1.35), (-1.35, 0)],
    }
    points = " ".join(f"{x + dx * size * 0.9:.1f},{y + dy * size * 0.9:.1f}" for dx, dy in shapes[shape])
    return f'<polygon class="{kind}" points="{points}"/>'


def legend(series: Sequence[Series], width: float, top: float, lines: bool) -> tuple[str, float]:
    """The series' names with their marks, in as many rows as they need; returns the height used, too."""
    parts, x, y = [], 0.0, top + 12
    for item in series:
        needed = 34 + len(item.name) * CHARACTER
        if x and x + needed > width:
            x, y = 0.0, y + 18
        if lines:
            parts.append(path([(x + 2, y - 4), (x + 26, y - 4)], item))
        parts.append(marker(x + 14, y - 4, item))
        parts.append(text(x + 32, y, item.name))
        x += needed + 14
    return "".join(parts), y + 10 - top


def axis_below(scale: Scale, top: float, bottom: float, labels: Sequence[tuple[float, str]]) -> str:
    """Vertical grid lines with their labels under them; labels that would collide are left out."""
    parts, last = [], -1e9
    for value, label in labels:
        x = scale(value)
        parts.append(line(x, top, x, bottom, "grid"))
        half = len(label) * CHARACTER / 2
        centre = max(half, min(x, max(scale.start, scale.end) + 12 - half))
        if centre - half > last:
            parts.append(text(centre, bottom + 15, label, "middle", "tick"))
            last = centre + half + 6
    return "".join(parts)


def axis_left(scale: Scale, left: float, right: float, labels: Sequence[tuple[float, str]]) -> str:
    """Horizontal grid lines with their labels before them."""
    return "".join(
        line(left, scale(value), right, scale(value), "grid") + text(left - 6, scale(value) + 4, label, "end", "tick")
        for value, label in labels
    )


def document(chart: Chart, width: int, identity: str, title: str, kind: str) -> str:
    """The chart as an SVG element with a title and a description for those who do not see it."""
    return (
        f'<svg class="chart {kind}" role="img" aria-labelledby="{identity}-t {identity}-d" '
        f'viewBox="0 0 {width} {chart.height:.0f}" width="{width}" height="{chart.height:.0f}">'
        f'<title id="{identity}-t">{in_html(title)}</title><desc id="{identity}-d">{in_html(chart.description)}</desc>'
        f"{chart.body}</svg>"
    )
