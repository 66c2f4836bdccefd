"""Describes how a lab was shaped, as its outputs say and as a session records it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field

from contract.shapes import TOLERANCE

_Amount = Annotated[float, Field(ge=0, le=1e15)]
_Megabytes = Annotated[int, Field(ge=0, le=1 << 60)]


class Tested(BaseModel, strict=True, frozen=True):
    """What the lab's self-test found of one dimension; `bound` says why this machine does not reach what is wanted."""

    name: str
    unit: str
    wanted: _Amount
    reached: _Amount
    bound: str | None = None

    @property
    def is_met(self) -> bool:
        """Whether it is within 5 % of what is wanted."""
        return abs(self.reached - self.wanted) <= TOLERANCE * self.wanted


class Shape(BaseModel, strict=True, frozen=True):
    """How a lab was shaped: what is limited and how, what is not and why, and what its self-test found.

    `reachable` is the largest memory size in MB whose share of the processors the machine has; None where the memory
    size sets no share. `tested` is empty where the self-test was not run; `date` is when it was.
    """

    name: str
    limited: Mapping[str, str]
    unlimited: Mapping[str, str]
    reachable: _Megabytes | None = None
    date: str | None = None
    tested: list[Tested] = []

    @property
    def shares_processors(self) -> bool:
        """Whether the share of the processors follows the memory size, as on Lambda."""
        return self.reachable is not None


def as_shape(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The JSON object of a shape, checked. Raises pydantic's ValidationError."""
    Shape.model_validate(given)
    return given
