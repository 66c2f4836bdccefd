"""Draws stacked bars: parts that add up to the client's time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.charts.scale import Scale
from bench.charts.svg import CHARACTER, Chart, axis_below, rectangle, text
from bench.text.numbers import duration, ms


def stacked(rows: Sequence[tuple[str, Mapping[str, float]]], width: float) -> Chart:
    """A bar per variant. Parts are numbered as in the legend; negative ones (clock noise) are not drawn."""
    names = list(rows[0][1])
    keys, used = _legend(names, width)
    row, bar = 52.0, 24.0
    longest = max(sum(max(value, 0) for value in parts.values()) for _, parts in rows)
    scale = Scale(0, longest * 1.03, 2, width - 14)
    top, bottom = used + 12, used + 12 + row * len(rows)
    ticks = [(tick, duration(tick)) for tick in scale.ticks(6 if width > 500 else 3)]
    body, said = [keys, axis_below(scale, top, bottom, ticks)], []
    for number, (name, parts) in enumerate(rows):
        y, x = top + number * row + 18, 0.0
        body.append(text(0, y - 5, name, kind="strong") + text(width, y - 5, f"{ms(sum(parts.values()))} ms", "end"))
        for index, value in enumerate(max(parts[part], 0.0) for part in names):
            left, right = scale(x), scale(x + value)
            body.append(rectangle(left, y, right - left - 0.8, bar, f"part p{index}"))
            if right - left > 2.2 * CHARACTER:
                body.append(text((left + right) / 2, y + 16, str(index + 1), "middle", f"inside i{index}"))
            x += value
        said.append(f"{name}: " + ", ".join(f"{part} {ms(value)}" for part, value in parts.items() if value >= 0.05))
    return Chart("".join(body), bottom + 24, "Milliseconds. " + "; ".join(said) + ".")


def _legend(names: Sequence[str], width: float) -> tuple[str, float]:
    body, x, y = [], 0.0, 12.0
    for index, name in enumerate(names):
        label = f"{index + 1} {name}"
        needed = 20 + len(label) * CHARACTER
        if x and x + needed > width:
            x, y = 0.0, y + 18
        body.append(rectangle(x, y - 10, 12, 12, f"part p{index}") + text(x + 17, y, label))
        x += needed + 12
    return "".join(body), y + 6
