"""Measures provisioned concurrency: as many requests at once as environments are kept ready, each to one of its own."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from bench.process.listed import whole
from bench.runs.cold_starts.axes import WARM_UP_ROUND, CommonAxes
from bench.runs.cold_starts.kind import Asking, ColdStart
from contract.run_modes import PROVISIONED, RunMode, split

MOST_READY = 100  # of an account's 1,000, and each is paid for


@dataclass(frozen=True)
class ProvisionedAxes(CommonAxes):
    """`provisioned` environments are kept ready; 0: not measured."""

    provisioned: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.provisioned <= MOST_READY:
            raise ValueError(f"--provisioned: at most {MOST_READY} environments, at least one")
        if not self.provisioned:
            return
        if "invoke" not in self.arms:
            raise ValueError("--provisioned: no path of the HTTP API leads to what is kept ready; add --arms invoke")
        if restored := [name for name in self.backends if split(name)[1].restores]:
            raise ValueError(f"--provisioned: Lambda offers it or snapshots, not both; leave out {restored[0]}")


@dataclass(frozen=True)
class Ready(ColdStart[ProvisionedAxes]):
    """The first requests to `size` environments, which Lambda initialised before anybody asked."""

    name: ClassVar[str] = "provisioned"
    arms: ClassVar[tuple[str, ...]] = ("invoke",)
    made_by: ClassVar[RunMode | None] = PROVISIONED

    size: int

    @classmethod
    def add_option(cls, parser: argparse.ArgumentParser) -> None:
        """How many are kept ready."""
        parser.add_argument("--provisioned", type=whole(1, MOST_READY), default=0, metavar="N",
                            help="on AWS, with --arms invoke: keep N environments ready, ask all")  # fmt: skip

    @classmethod
    def planned(cls, axes: ProvisionedAxes, number: int) -> Iterator[Self]:
        """One visit, where it is wanted."""
        if axes.provisioned and number != WARM_UP_ROUND:
            yield cls(axes.provisioned)

    @property
    def words(self) -> str:
        """How many are ready, and are asked."""
        return f"{self.size} at once, to as many that are kept ready"

    @property
    def at_once(self) -> int:
        """All."""
        return self.size

    @property
    def kept_ready(self) -> int:
        """All."""
        return self.size

    @property
    def colds(self) -> int:
        """Each, where it spills over."""
        return self.size

    def seconds(self, cold_s: float, warm_s: float) -> float:
        """They run side by side."""
        return cold_s

    def ask(self, asking: Asking) -> None:
        """Ask all at the same moment."""
        asking.at_once("provisioned", self.size)
