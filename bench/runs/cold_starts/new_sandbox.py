"""Measures a cold start in a new sandbox, of an image and a bundle that have been used before, and warm requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from bench.runs.cold_starts.axes import WARM_UP_ROUND
from bench.runs.cold_starts.first_deploy import FirstDeployAxes
from bench.runs.cold_starts.forced import Forced, warm_requests


@dataclass(frozen=True)
class NewSandbox(Forced[FirstDeployAxes]):
    """The cold start that is compared: every round has one of each variant."""

    name: ClassVar[str] = "new-sandbox"
    reported_apart: ClassVar[bool] = False

    @classmethod
    def planned(cls, axes: FirstDeployAxes, number: int) -> Iterator[Self]:
        """One in every round, but in a warm-up whose cold start is the first after a deployment."""
        if not (axes.first_deploy and number == WARM_UP_ROUND):
            yield cls(warm_requests(axes, number))
