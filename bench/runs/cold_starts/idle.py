"""Measures a request after a pause, in which its environment may have been taken away."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator

from bench.process.listed import durations
from bench.runs.cold_starts.axes import WARM_UP_ROUND, CommonAxes
from bench.runs.cold_starts.kind import PRIMER, Asking, ColdStart

LONGEST_PAUSE_S = 24 * 3600.0


def _series(pauses: Any) -> Any:
    """A tuple of what JSON has as a list. Earlier versions recorded one pause, 0 for none."""
    if isinstance(pauses, tuple | list):
        return tuple(pauses)
    return (pauses,) if pauses else ()


Pauses = Annotated[tuple[float, ...], BeforeValidator(_series, json_schema_input_type=float | tuple[float, ...])]


@dataclass(frozen=True)
class IdleAxes(CommonAxes):
    """`idle_s` are the pauses in seconds."""

    idle_s: Pauses = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(set(self.idle_s)) != len(self.idle_s):
            raise ValueError("--idle: name each pause once")
        if not all(0 < pause <= LONGEST_PAUSE_S for pause in self.idle_s):
            raise ValueError(f"--idle: a pause lasts above 0, at most {LONGEST_PAUSE_S / 3600:.0f} hours")


@dataclass(frozen=True)
class Idle(ColdStart[IdleAxes]):
    """A primer, then one request after `pause_s`; `in_series`: other visits of the round wait for other times."""

    name: ClassVar[str] = "idle"

    pause_s: float
    in_series: bool = False

    @classmethod
    def add_option(cls, parser: argparse.ArgumentParser) -> None:
        """How long the pauses are."""
        parser.add_argument(
            "--idle", dest="idle_s", type=durations, default=(), metavar="T,T",
            help="also measure after such pauses (300, 5m, 1h); a series of them estimates the keep-alive",
        )  # fmt: skip

    @classmethod
    def planned(cls, axes: IdleAxes, number: int) -> Iterator[Self]:
        """One visit for each pause."""
        if number != WARM_UP_ROUND:
            yield from (cls(pause, len(axes.idle_s) > 1) for pause in axes.idle_s)

    @property
    def mark(self) -> str:
        """Pauses are visits of their own. A single one is not named: earlier versions knew no more."""
        return f"{super().mark}{self.pause_s:g}" if self.in_series else super().mark

    @property
    def words(self) -> str:
        """How long the pause is."""
        return f"after {self.pause_s:.0f} s idle"

    @property
    def waits_s(self) -> float:
        """The pause."""
        return self.pause_s

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
