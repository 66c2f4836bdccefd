"""The lines of load.jsonl, as frozen dataclasses: a header, then steps, requests that were due, and readings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from bench.runs.bodies import BodyFacts
from bench.runs.checks import CHECKED, Count, Facts, Milliseconds, Positive, Seconds, Target
from contract.precisions import FP32

Cores = Annotated[float, Field(ge=0, le=1e6)]
Span = Annotated[float, Field(ge=1e-3, le=1e9)]


@dataclass(frozen=True)
class Step:
    """A stretch of a load to one backend, which begins with `number` 1 for each.

    The rate goes evenly from `start_rate` to `end_rate` (requests a second) in `duration_s`; `planned` requests are
    due. A `warm_up` is recorded, and is in no figure.
    """

    __pydantic_config__ = CHECKED

    backend: str
    number: Count
    start_rate: Seconds
    end_rate: Seconds
    duration_s: Span
    planned: Count
    warm_up: bool = False


@dataclass(frozen=True)
class Arrival:
    """One request of a load. `latency_ms` counts from when it was due, so that waiting in our own queue is not hidden.

    `lag_ms` is how much later than due it was sent; a `dropped` request was not sent: too many were under way.
    """

    __pydantic_config__ = CHECKED

    backend: str
    due_s: Seconds
    lag_ms: Milliseconds = 0.0
    latency_ms: Milliseconds | None = None
    status: int | None = None
    cold: bool = False
    dropped: bool = False
    error: str | None = None
    step: Count = 1


@dataclass(frozen=True)
class Reading:
    """What the processors of a client did in the second or so before `at_s` of a step.

    In cores: `client` is the sending process itself, `machine` everything on its machine (None where that cannot be
    read) and `cores` how many of them there are. `sender` tells several clients apart.
    """

    __pydantic_config__ = CHECKED

    backend: str
    step: Count
    at_s: Seconds
    client: Cores
    machine: Cores | None
    cores: Cores
    sender: Count = 0


@dataclass(frozen=True)
class LoadHeader:
    """The load, its target, and in `notes` what a reader must know before believing a figure.

    `rate` is the mean one of a ramp or trace, and the first one of a search; `asked` says the load in words. `bodies`
    are the files that were sent, and `precisions` those of the weights; `backends` are named as in a run.
    """

    __pydantic_config__ = CHECKED

    kind: Literal["load"]
    schema: Literal[1]
    utc: str
    rate: Positive
    duration_s: Span
    spacing: str
    seed: int
    most_at_once: int
    target: Target
    facts: Facts
    notes: tuple[str, ...]
    backends: tuple[str, ...] = ()
    asked: str = ""
    objective: str | None = None
    bodies: tuple[BodyFacts, ...] = ()
    precisions: tuple[str, ...] = (FP32,)

    @property
    def is_lab(self) -> bool:
        """Whether the functions ran on the client's own machine."""
        return self.target.get("kind") == "lab"


Line = Step | Arrival | Reading


@dataclass(frozen=True)
class Load:
    """Everything that a load's file says, in the order it was written; loads of earlier versions have no steps."""

    header: LoadHeader
    steps: tuple[Step, ...]
    arrivals: tuple[Arrival, ...]
    readings: tuple[Reading, ...] = ()
