"""Measures the first cold start of an image or a bundle that is new where it is deployed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from bench.runs.cold_starts.axes import WARM_UP_ROUND, CommonAxes
from bench.runs.cold_starts.forced import Forced, warm_requests


@dataclass(frozen=True)
class FirstDeployAxes(CommonAxes):
    """`first_deploy` says that image or bundle are new: the first cold start of each variant is one of this kind."""

    first_deploy: bool = False


@dataclass(frozen=True)
class FirstDeploy(Forced[FirstDeployAxes]):
    """The cold start of the warm-up round, where image or bundle are new."""

    name: ClassVar[str] = "first-deploy"

    @classmethod
    def add_option(cls, parser: argparse.ArgumentParser) -> None:
        """Whether it is one."""
        parser.add_argument(
            "--first-deploy", action="store_true", help="image or bundle are new: report the first cold starts apart"
        )

    @classmethod
    def planned(cls, axes: FirstDeployAxes, number: int) -> Iterator[Self]:
        """One in the warm-up, in place of the cold start that is not reported."""
        if axes.first_deploy and number == WARM_UP_ROUND:
            yield cls(warm_requests(axes, number))
