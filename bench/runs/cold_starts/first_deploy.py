"""Measures the first cold start of an image or a bundle that is new where it is deployed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator

from bench.process.listed import whole
from bench.runs.cold_starts.axes import WARM_UP_ROUND, CommonAxes
from bench.runs.cold_starts.forced import Forced, warm_requests

ENOUGH = 8  # deployments; with fewer, a median has no interval of 95 % that is worth reading
MOST = 1_000


def _deployments(number: Any) -> Any:
    """Earlier versions recorded whether the one deployment was new."""
    return int(number) if isinstance(number, bool) else number


@dataclass(frozen=True)
class FirstDeployAxes(CommonAxes):
    """`first_deploy` is the number of new deployments, in each of which the first cold start is measured; 0: none."""

    first_deploy: Annotated[int, BeforeValidator(_deployments, json_schema_input_type=bool | int)] = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.first_deploy <= MOST:
            raise ValueError(f"--first-deploy: at most {MOST:,} deployments")


@dataclass(frozen=True)
class FirstDeploy(Forced[FirstDeployAxes]):
    """The cold start of the warm-up round, where image or bundle are new.

    `before` counts the deployments that are still to come before the other rounds are measured: each is new, and the
    last one stays.
    """

    name: ClassVar[str] = "first-deploy"

    before: int = 0

    @classmethod
    def add_option(cls, parser: argparse.ArgumentParser) -> None:
        """How many deployments."""
        parser.add_argument(
            "--first-deploy", type=whole(1, MOST), nargs="?", const=ENOUGH, default=0, metavar="N",
            help=f"deploy anew N times ({ENOUGH} if not said) and report the first cold starts apart",
        )  # fmt: skip

    @classmethod
    def planned(cls, axes: FirstDeployAxes, number: int) -> Iterator[Self]:
        """One in each deployment; the last stands in place of the warm-up's cold start, which is not reported."""
        if number == WARM_UP_ROUND:
            for before in reversed(range(axes.first_deploy)):
                yield cls(0 if before else warm_requests(axes, number), before)

    @property
    def mark(self) -> str:
        """The deployment, unless it is the last one."""
        return f".{self.name}{self.before}" if self.before else super().mark

    @property
    def needs_new(self) -> bool:
        """It does."""
        return True

    @property
    def deployments_left(self) -> int:
        """Those that come after its own."""
        return self.before
