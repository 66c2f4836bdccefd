"""Says how an uncertain number is spread, and draws from that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy
from numpy.typing import NDArray

Values = NDArray[numpy.float64]
"""Numbers, one for each draw; an array of one number where nothing is drawn."""


@dataclass(frozen=True)
class Spread:
    """An uncertain number by its quantile function: straight lines between points (probability, number).

    The probabilities rise from 0 to 1. Two points of the same probability are a gap, as between two modes.
    """

    points: tuple[tuple[float, float], ...]

    def at(self, probability: Values) -> Values:
        """The quantiles of these probabilities."""
        probabilities, numbers = zip(*self.points, strict=True)
        return numpy.asarray(numpy.interp(probability, probabilities, numbers), dtype=float)

    def scaled(self, factor: float) -> Spread:
        """The same in another unit."""
        return Spread(tuple((probability, factor * number) for probability, number in self.points))


def between(low: float, value: float, high: float) -> Spread:
    """Half of the draws lie evenly between `low` and `value`, half between `value` and `high`.

    A source gives a typical value and its ends, and no shape. This spread says no more than that: its median is the
    value, and no number between the ends is left out. Raises ValueError if they are not in this order.
    """
    if not low <= value <= high:
        raise ValueError(f"{value} is not between {low} and {high}")
    return Spread(((0.0, low), (0.5, value), (1.0, high)))


def fixed(value: float) -> Spread:
    """A number that is known."""
    return between(value, value, value)
