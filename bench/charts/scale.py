"""Turns values into positions, and chooses the ticks between."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_LOG_FROM_RATIO = 12.0  # above this a linear axis would squeeze the small values into a line


@dataclass(frozen=True)
class Scale:
    """Maps low..high to start..end, linearly or by logarithm."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The position of a value, kept within the axis."""
        inside = min(max(value, self.low), self.high)
        if self.log:
            share = math.log(inside / self.low) / math.log(self.high / self.low)
        else:
            share = (inside - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, about: int = 5) -> list[float]:
        """Round values within the axis."""
        if self.log:
            return _log_ticks(self.low, self.high, about)
        step = _round_step((self.high - self.low) / about)
        first = math.ceil(self.low / step - 1e-9)
        return [number * step for number in range(first, math.floor(self.high / step + 1e-9) + 1)]


def scale_for(values: Iterable[float], start: float, end: float, zero: bool = True) -> Scale:
    """A scale that holds all finite values: from zero, or logarithmic where they span too much."""
    finite = [value for value in values if math.isfinite(value) and value > 0] or [1.0]
    low, high = min(finite), max(finite)
    if high / low > _LOG_FROM_RATIO:
        return Scale(low / 1.25, high * 1.1, start, end, log=True)
    return Scale(0.0 if zero else low * 0.95, high * 1.06, start, end)


def _round_step(raw: float) -> float:
    magnitude = 10.0 ** math.floor(math.log10(raw))
    return next(step * magnitude for step in (1, 2, 2.5, 5, 10) if step * magnitude >= raw * 0.999)


def _log_ticks(low: float, high: float, about: int) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        ticks = [factor * 10.0**decade for decade in decades for factor in factors]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) <= about + 2:
            return inside
    return inside[:: math.ceil(len(inside) / (about + 2))]
