"""Measures a request after a pause, in which its environment may have been taken away."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from bench.runs.cold_starts.axes import WARM_UP_ROUND, CommonAxes
from bench.runs.cold_starts.kind import PRIMER, Asking, ColdStart


@dataclass(frozen=True)
class IdleAxes(CommonAxes):
    """`idle_s` is the pause in seconds; 0: not measured."""

    idle_s: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.idle_s < 0:
            raise ValueError("pauses must be positive")


@dataclass(frozen=True)
class Idle(ColdStart[IdleAxes]):
    """A primer, then one request after `pause_s`."""

    name: ClassVar[str] = "idle"

    pause_s: float

    @classmethod
    def add_option(cls, parser: argparse.ArgumentParser) -> None:
        """How long the pause is."""
        parser.add_argument(
            "--idle", dest="idle_s", type=float, default=0.0, metavar="S",
            help="also measure after S seconds without requests",
        )  # fmt: skip

    @classmethod
    def planned(cls, axes: IdleAxes, number: int) -> Iterator[Self]:
        """One visit, where a pause is wanted."""
        if axes.idle_s and number != WARM_UP_ROUND:
            yield cls(axes.idle_s)

    @property
    def words(self) -> str:
        """How long the pause is."""
        return f"after {self.pause_s:.0f} s idle"

    @property
    def colds(self) -> int:
        """The primer, and what comes after the pause."""
        return 2

    def seconds(self, cold_s: float, warm_s: float) -> float:
        """The pause as well."""
        return super().seconds(cold_s, warm_s) + self.pause_s

    def ask(self, asking: Asking) -> None:
        """Make an environment, leave it alone, and see whether it is still there."""
        asking.one(PRIMER)
        asking.sleep(self.pause_s)
        asking.one("idle")
