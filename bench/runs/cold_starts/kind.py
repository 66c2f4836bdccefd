"""Says what a kind of cold start has to know: its visits, their requests, and how these are judged and reported."""

from __future__ import annotations

import argparse
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import ClassVar, Generic, Protocol, Self, TypeVar

from bench.runs.cold_starts.axes import CommonAxes
from contract.run_modes import ON_DEMAND, RunMode

A = TypeVar("A", bound=CommonAxes, contravariant=True)

WARM, PRIMER = "warm", "primer"  # requests that are of no kind; a primer only makes an environment for those after it


class Asking(Protocol):
    """What a visit can do. Every request is recorded in a state: WARM, PRIMER, or one of the kind's own.

    The visit ends when a request that others should follow brings no environment to stay with.
    """

    def one(self, state: str) -> None:
        """Send a request and wait for its answer."""
        ...

    def at_once(self, state: str, count: int) -> None:
        """Send `count` requests at the same moment and wait for all answers."""
        ...

    def sleep(self, seconds: float) -> None:
        """Send nothing for so long."""
        ...


class ColdStart(ABC, Generic[A]):
    """A cold start and the requests around it: the class is the kind, an object what one visit makes.

    `A` are the axes that the kind is planned by. `name` is what records and reports call it. `arms` are the ways
    by which it is asked for. `reported_apart`: the report has rows of it, beside the cold and warm
    samples that are compared. `pinged`: its visits end with a request that the warm function refuses at once. `mode` is
    that of the variants that it is made of, and `made_by` how the environments are made that answer, if otherwise.
    """

    name: ClassVar[str]
    arms: ClassVar[tuple[str, ...]] = ("http",)
    reported_apart: ClassVar[bool] = True
    pinged: ClassVar[bool] = False
    mode: ClassVar[RunMode] = ON_DEMAND
    made_by: ClassVar[RunMode | None] = None

    @classmethod
    def add_option(cls, parser: argparse.ArgumentParser) -> None:
        """Add the option that asks for it; its `dest` is the field of the axes."""

    @classmethod
    @abstractmethod
    def planned(cls, axes: A, number: int) -> Iterable[Self]:
        """What it adds to a round for each variant. Round 0 is the warm-up."""

    @classmethod
    def claims_cold(cls, invocation: int | None) -> bool:
        """Whether a sample must prove to be a cold start, or else a warm request, by the count of its environment.

        Cold is by default what says that it is the first of its environment.
        """
        return invocation == 1

    @property
    def mark(self) -> str:
        """The end of the visit's id, unlike that of any other visit to the variant in the round."""
        return f".{self.name}"

    @property
    @abstractmethod
    def words(self) -> str:
        """What happens after the environment was forced, in a few words."""

    @property
    def at_once(self) -> int:
        """How many requests come at the same moment."""
        return 1

    @property
    def waits_s(self) -> float:
        """How long nothing is asked before its request comes."""
        return 0.0

    @property
    def snapshots(self) -> int:
        """How many versions with a snapshot are published for it."""
        return 0

    @property
    def kept_ready(self) -> int:
        """How many environments of provisioned concurrency answer in place of those that a request starts."""
        return 0

    @property
    def needs_new(self) -> bool:
        """Whether it can only be measured in a deployment that nobody has used."""
        return False

    @property
    def deployments_left(self) -> int:
        """How many further deployments its round needs after the one of this visit."""
        return 0

    @property
    @abstractmethod
    def colds(self) -> int:
        """How many of the requests are, or may be, cold starts."""

    @property
    def warms(self) -> int:
        """How many of the requests are warm."""
        return 0

    @property
    def requests(self) -> int:
        """How many requests the visit sends."""
        return self.colds + self.warms

    def seconds(self, cold_s: float, warm_s: float) -> float:
        """How long the requests take, if a cold and a warm one take so long."""
        return self.colds * cold_s + self.warms * warm_s

    @abstractmethod
    def ask(self, asking: Asking) -> None:
        """Make the visit's requests. The environment was forced to be a new one just before."""
