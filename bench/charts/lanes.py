"""Draws bars of parts that add up to the client's time, with lanes below for what ran side by side within a part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.charts.scale import Scale
from bench.charts.svg import CHARACTER, Chart, axis_below, rectangle, text
from bench.text.numbers import duration, ms

_BAR, _LANE, _GAP = 24.0, 15.0, 16.0


@dataclass(frozen=True)
class Lane:
    """What ran beside others: when it began, counted from the start of the bar, and for how long, in ms."""

    name: str
    start: float
    length: float


@dataclass(frozen=True)
class Bar:
    """A variant: its parts in ms, which stand one behind the other, and what ran side by side in them."""

    name: str
    parts: Mapping[str, float]
    lanes: Sequence[Lane]


def lanes(bars: Sequence[Bar], width: float) -> Chart:
    """A bar for each variant, its lanes below it; a part that is negative (clock noise) is not drawn.

    Names stand in the parts and behind the lanes; the legend has the colours for those too short for a name.
    """
    keys, used = _legend(list(bars[0].parts), width)
    scale = Scale(0, 1.03 * max(map(_reach, bars)), 2, width - 14)
    top = used + 14
    heights = [20 + _BAR + _LANE * len(bar.lanes) + _GAP for bar in bars]
    bottom = top + sum(heights)
    ticks = [(tick, duration(tick)) for tick in scale.ticks(6 if width > 500 else 3)]
    body = [keys, axis_below(scale, top, bottom, ticks)]
    for bar, height in zip(bars, heights, strict=True):
        total = f"{ms(sum(bar.parts.values()))} ms"
        body.append(text(0, top + 14, bar.name, kind="strong") + text(width, top + 14, total, "end"))
        body += _parts(bar, scale, top + 20)
        body += [_lane(lane, scale, top + 22 + _BAR + number * _LANE, width) for number, lane in enumerate(bar.lanes)]
        top += height
    return Chart("".join(body), bottom + 24, f"Milliseconds. {'; '.join(map(_in_words, bars))}.")


def _reach(bar: Bar) -> float:
    whole = sum(max(value, 0.0) for value in bar.parts.values())
    return max([whole, *(lane.start + lane.length for lane in bar.lanes)])


def _parts(bar: Bar, scale: Scale, y: float) -> list[str]:
    body, x = [], 0.0
    for index, (name, value) in enumerate(bar.parts.items()):
        left, right = scale(x), scale(x + max(value, 0.0))
        body.append(rectangle(left, y, right - left - 0.8, _BAR, f"part p{index}"))
        if right - left > len(name) * CHARACTER + 6:
            body.append(text((left + right) / 2, y + 16, name, "middle", f"inside i{index}"))
        x += max(value, 0.0)
    return body


def _lane(lane: Lane, scale: Scale, y: float, width: float) -> str:
    """A thin bar with its name and time behind it or, where there is no room, before it or in it."""
    left, right = scale(lane.start), scale(lane.start + lane.length)
    label = f"{lane.name} {ms(lane.length)} ms"
    needed = len(label) * CHARACTER + 6
    bar = rectangle(left, y + 3, right - left, _LANE - 5, "lane")
    if right + needed <= width:
        return bar + text(right + 5, y + 12, label, kind="tick")
    if left >= needed:
        return bar + text(left - 5, y + 12, label, "end", "tick")
    return bar + text((left + right) / 2, y + 12, label, "middle", "tick")


def _in_words(bar: Bar) -> str:
    parts = ", ".join(f"{name} {ms(value)}" for name, value in bar.parts.items() if value >= 0.05)
    beside = ", ".join(f"{lane.name} {ms(lane.length)} from {ms(lane.start)} on" for lane in bar.lanes)
    return f"{bar.name}: {parts}" + (f"; side by side: {beside}" if beside else "")


def _legend(names: Sequence[str], width: float) -> tuple[str, float]:
    body, x, y = [], 0.0, 12.0
    for index, name in enumerate(names):
        needed = 20 + len(name) * CHARACTER
        if x and x + needed > width:
            x, y = 0.0, y + 18
        body.append(rectangle(x, y - 10, 12, 12, f"part p{index}") + text(x + 17, y, name))
        x += needed + 12
    return "".join(body), y + 6
