"""Draws every measured point: as a strip with the median's interval, as a cumulative distribution, in order of time."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.charts.scale import Scale, scale_for
from bench.charts.svg import Chart, Series, axis_below, axis_left, legend, line, marker, path, rectangle, text
from bench.stats.quantiles import Interval, quantile
from bench.text.numbers import duration, milliseconds, ms

Data = Sequence[tuple[Series, Sequence[float]]]
_GOLDEN = 0.618034
_BEYOND = "beyond the limit"
_CONNECTED = 40  # with more samples, lines between them hide more than they show


def strip(data: Data, intervals: Sequence[Interval | None], width: float) -> Chart:
    """A row per variant: each sample a mark, the median a line, its 95 % interval a band."""
    row, band = 56.0, 26.0
    scale = scale_for((value for _, points in data for value in points), 8, width - 14)
    bottom = row * len(data) + 4
    parts = [axis_below(scale, 18, bottom, [(tick, duration(tick)) for tick in scale.ticks(_about(width))])]
    said = []
    for number, ((series, points), interval) in enumerate(zip(data, intervals, strict=True)):
        top = number * row + 22
        median = quantile(points, 0.5)
        summary = _in_words(median, interval)
        said.append(f"{series.name}: {summary}, {len(points)} samples")
        parts.append(text(0, top - 6, series.name, kind="strong") + text(width, top - 6, summary, "end"))
        if interval and math.isfinite(interval.low):
            right = scale(interval.high) if math.isfinite(interval.high) else scale.end
            left = scale(interval.low)
            parts.append(rectangle(left, top, right - left, band, f"band c{series.colour}"))
        parts += [
            marker(scale(value), top + band * (0.2 + 0.6 * ((index * _GOLDEN) % 1)), series)
            for index, value in enumerate(points)
            if math.isfinite(value)
        ]
        if math.isfinite(median):
            parts.append(line(scale(median), top - 2, scale(median), top + band + 2, "median"))
    return Chart("".join(parts), bottom + 24, "Median with 95 % interval. " + "; ".join(said) + ".")


def ecdf(data: Data, width: float) -> Chart:
    """The share of samples that were answered within a time."""
    keys, used = legend([series for series, _ in data], width, 0, lines=True)
    top, bottom, left = used + 8, used + 220, 44.0
    scale = scale_for((value for _, points in data for value in points), left, width - 14, zero=False)
    share = Scale(0, 1, bottom, top)
    parts = [keys, axis_left(share, left, width - 14, [(v, f"{v:.0%}") for v in (0, 0.25, 0.5, 0.75, 1)])]
    parts.append(axis_below(scale, top, bottom, [(tick, duration(tick)) for tick in scale.ticks(_about(width))]))
    said = []
    for series, points in data:
        steps = [(scale.start, share(0))]
        for number, value in enumerate(sorted(value for value in points if math.isfinite(value))):
            steps += [(scale(value), share(number / len(points))), (scale(value), share((number + 1) / len(points)))]
        parts.append(path(steps, series))
        quarters = ", ".join(ms(quantile(points, p)) for p in (0.25, 0.5, 0.75))
        said.append(f"{series.name}: a quarter, half and three quarters within {quarters} ms")
    return Chart("".join(parts), bottom + 24, "; ".join(said) + ".")


def drift(data: Data, width: float) -> Chart:
    """The samples in order of time: a trend would mean that conditions changed during the run."""
    keys, used = legend([series for series, _ in data], width, 0, lines=False)
    top, bottom, left = used + 8, used + 200, 58.0
    scale = scale_for((value for _, points in data for value in points), bottom, top, zero=False)
    longest = max(len(points) for _, points in data)
    across = Scale(0.5, longest + 0.5, left, width - 10)
    parts = [keys, axis_left(scale, left, width - 10, [(tick, duration(tick)) for tick in scale.ticks(4)])]
    ticks = [round(tick) for tick in Scale(1, max(longest, 2), 0, 1).ticks(_about(width)) if tick >= 1]
    parts.append(axis_below(across, bottom, bottom, [(tick, str(tick)) for tick in dict.fromkeys([1, *ticks])]))
    said = []
    for series, points in data:
        finite = [(across(i + 1), value) for i, value in enumerate(points) if math.isfinite(value)]
        if longest <= _CONNECTED:
            parts.append(path([(x, scale(value)) for x, value in finite], series, "faint line"))
        parts += [marker(x, scale(value), series, 3.0) for x, value in finite]
        half = len(points) // 2
        if half:
            halves = [quantile(part, 0.5) for part in (points[:half], points[half:])]
            said.append(f"{series.name}: median of the first half {milliseconds(halves[0], _BEYOND)}, of the second "
                        f"{milliseconds(halves[1], _BEYOND)}")  # fmt: skip
    parts.append(text(width - 10, bottom + 30, "number of the sample, in order of time", "end", "tick"))
    return Chart("".join(parts), bottom + 38, "; ".join(said) + "." if said else "One sample each.")


def _in_words(median: float, interval: Interval | None) -> str:
    """The median and, where it has one that begins within what could be seen, its interval."""
    said = milliseconds(median, _BEYOND)
    if interval is None or not math.isfinite(interval.low):
        return said
    return f"{said} ({ms(interval.low)}-{ms(interval.high) if math.isfinite(interval.high) else 'limit'})"


def _about(width: float) -> int:
    return 6 if width > 500 else 3
