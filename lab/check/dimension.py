"""Defines what the self-test measures: a dimension has wanted figures, and a way to find what is reached."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from contract.shapes import TOLERANCE
from lab.check.inside import Inside
from lab.shape.shape import Shape


class Wanted(NamedTuple):
    """A figure that the shape promises."""

    name: str
    unit: str
    value: float


@dataclass(frozen=True)
class Reached:
    """What an environment got of it; `bound` says why this machine cannot give what is wanted."""

    value: float
    bound: str | None = None


class Dimension(ABC):
    """One thing that the shape limits."""

    @abstractmethod
    def wanted(self, shape: Shape) -> Sequence[Wanted]:
        """The figures of this dimension; none where the shape does not limit it."""

    @abstractmethod
    async def reached(self, inside: Inside) -> Sequence[Reached]:
        """What an environment gets, for each wanted figure. Raises ProbeError if the probe cannot measure."""


def too_slow(reached: float, wanted: float) -> bool:
    """Whether a rate stays below what is wanted."""
    return reached < (1 - TOLERANCE) * wanted


def too_late(reached: float, wanted: float) -> bool:
    """Whether a time is above what is wanted."""
    return reached > (1 + TOLERANCE) * wanted
