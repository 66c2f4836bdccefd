"""Measures scale-out: several requests at once, of which one finds an environment and the others start new ones."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from bench.process.listed import numbers
from bench.runs.cold_starts.axes import WARM_UP_ROUND, CommonAxes
from bench.runs.cold_starts.kind import PRIMER, Asking, ColdStart

MOST_AT_ONCE = 1_000


@dataclass(frozen=True)
class ScaleOutAxes(CommonAxes):
    """`bursts` are numbers of simultaneous requests."""

    bursts: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if max(self.bursts, default=0) > MOST_AT_ONCE:
            raise ValueError(f"bursts of more than {MOST_AT_ONCE:,} requests cannot be sent at once")
        if min(self.bursts, default=1) < 1:
            raise ValueError("bursts must be positive")


@dataclass(frozen=True)
class ScaleOut(ColdStart[ScaleOutAxes]):
    """A primer, then `size` requests at once."""

    name: ClassVar[str] = "scale-out"

    size: int

    @classmethod
    def add_option(cls, parser: argparse.ArgumentParser) -> None:
        """How many at once."""
        parser.add_argument(
            "--bursts", type=numbers, default=(), metavar="N,N", help="simultaneous requests per round (scale-out)"
        )

    @classmethod
    def planned(cls, axes: ScaleOutAxes, number: int) -> Iterator[Self]:
        """One visit for each size."""
        if number != WARM_UP_ROUND:
            yield from map(cls, axes.bursts)

    @property
    def mark(self) -> str:
        """Sizes are visits of their own."""
        return f".burst{self.size}"

    @property
    def words(self) -> str:
        """How many come at once."""
        return f"{self.size} at once"

    @property
    def at_once(self) -> int:
        """All but the primer."""
        return self.size

    @property
    def colds(self) -> int:
        """The primer, and at most all that come at once."""
        return 1 + self.size

    def seconds(self, cold_s: float, warm_s: float) -> float:
        """Those that come at once start side by side."""
        return 2 * cold_s

    def ask(self, asking: Asking) -> None:
        """Make an environment, then ask for more than it can take."""
        asking.one(PRIMER)
        asking.at_once("burst", self.size)
