"""Measures the first start from a new snapshot, which Lambda took of an initialised environment, and warm requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from bench.runs.cold_starts.axes import CommonAxes
from bench.runs.cold_starts.forced import Forced, warm_requests
from contract.run_modes import SNAPSTART, RunMode


@dataclass(frozen=True)
class Restore(Forced[CommonAxes]):
    """The cold start of a variant with snapshots: a version of its own is published for each."""

    name: ClassVar[str] = "restore"
    reported_apart: ClassVar[bool] = False
    mode: ClassVar[RunMode] = SNAPSTART

    @classmethod
    def planned(cls, axes: CommonAxes, number: int) -> Iterator[Self]:
        """One in every round."""
        yield cls(warm_requests(axes, number))

    @property
    def snapshots(self) -> int:
        """One."""
        return 1
