"""Draws ratios with their intervals around the line of no change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.charts.scale import Scale
from bench.charts.svg import Chart, Series, axis_below, line, marker, text

_ROW = 40.0
_LEAST = 1.1  # the axis reaches as far at least, so that a tiny change does not look large


@dataclass(frozen=True)
class Ratio:
    """A ratio with the ends of its interval, where it has one."""

    series: Series
    value: float
    ends: tuple[float, float] | None


def ratios(rows: Sequence[Ratio], width: float, title: str) -> Chart:
    """A row for each ratio, on a logarithmic axis with 1 in its middle; `title` is that of the axis."""
    far = max([_LEAST, *(max(x, 1 / x) for row in rows for x in (row.value, *(row.ends or ())) if 0 < x < math.inf)])
    across = Scale(1 / far / 1.02, far * 1.02, 8, width - 14, log=True)
    bottom = _ROW * len(rows) + 6
    wanted = [across.low ** ((3 - step) / 3) for step in range(7)] if width > 500 else [1 / far, 1.0, far]
    body = [axis_below(across, 0, bottom, [(tick, f"{tick:.2f}") for tick in wanted])]
    body.append(line(across(1.0), 0, across(1.0), bottom, "median"))
    for number, row in enumerate(rows):
        y = number * _ROW + 28
        body.append(text(0, y - 13, row.series.name, kind="strong"))
        body.append(text(width, y - 13, _in_words(row), "end"))
        if row.ends:
            body.append(line(across(row.ends[0]), y, across(row.ends[1]), y, f"whisker c{row.series.colour}"))
        body.append(marker(across(row.value), y, row.series, 4.5))
    body.append(text(width - 14, bottom + 31, title, "end", "tick"))
    said = "; ".join(f"{row.series.name}: {_in_words(row)}" for row in rows)
    return Chart("".join(body), bottom + 38, f"{title}. {said}.")


def _in_words(row: Ratio) -> str:
    return f"{row.value:.3f}" + (f" ({row.ends[0]:.3f} to {row.ends[1]:.3f})" if row.ends else "")
