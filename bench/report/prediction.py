"""Says what is predicted from a run: times on AWS, the verdicts between storages, and what both rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import AfterValidator, Field

from bench.predict.montecarlo import Mark
from bench.runs.checks import CHECKED, LONGEST_MS, Count, Milliseconds
from bench.runs.cold_starts import cold_start
from bench.runs.cold_starts.kind import WARM
from contract.precisions import FP32

MOST_SEED = 1 << 60
LAB = "lab"

_Number = Annotated[float, Field(ge=-LONGEST_MS, le=LONGEST_MS)]
_Share = Annotated[float, Field(ge=0, le=1)]
Kind = Annotated[str, AfterValidator(lambda name: name if name == WARM else cold_start(name).name)]
"""The kind of a cold start, or `warm`."""


@dataclass(frozen=True)
class Likely:
    """A predicted number, rounded: the median of the draws, and the ends between which 95 % of them lie."""

    __pydantic_config__ = CHECKED

    median: _Number
    low: _Number
    high: _Number

    def __post_init__(self) -> None:
        if not self.low <= self.median <= self.high:
            raise ValueError("low, median and high are not in this order")

    def covers(self, value: float) -> bool:
        """Whether the value lies between the ends."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Case:
    """What is predicted: a variant with its memory size, and the bytes that its cold start reads."""

    __pydantic_config__ = CHECKED

    backend: str
    engine: str
    memory_mb: Count
    tokens: Count
    bytes_read: Count
    precision: str = FP32


@dataclass(frozen=True)
class Quantity:
    """Something that a run on AWS tells beside the time itself; its interval comes mostly from the `parameter`."""

    __pydantic_config__ = CHECKED

    likely: Likely
    parameter: str | None


@dataclass(frozen=True)
class PredictedTime:
    """How long a caller would wait, in ms.

    `parts_ms` add up to it in every draw, `width` says which share of the interval comes from which parameter.
    `quantities` are by their names in `bench.report.quantities`. `init_over` and `given_up` are the shares of the draws
    in which INIT takes longer than Lambda allows, and in which the API gives up. `run_ms` is the median of the run that
    the prediction comes from, in the same case; None where it has none.
    """

    __pydantic_config__ = CHECKED

    case: Case
    kind: Kind
    ms: Likely
    run_ms: Milliseconds | None
    width: Mapping[str, _Share]
    parts_ms: Mapping[str, Likely]
    quantities: Mapping[str, Quantity]
    init_over: _Share
    given_up: _Share

    @property
    def widest(self) -> tuple[str, float] | None:
        """The parameter that most of the width comes from, and its share."""
        return max(self.width.items(), key=lambda item: item[1], default=None)


@dataclass(frozen=True)
class PredictedVerdict:
    """`a` against `b`, alike but for the storage: `ahead` is the backend that is faster in more draws, None where both
    are equal in all of them. `agreement` is the share of the draws that do not say the opposite.

    `difference_ms` is a - b. `decided_by` is the parameter that a verdict of the mark `depends` hangs on. `run_says` is
    the backend that is faster in the run which the prediction comes from, where that is resolved.
    """

    __pydantic_config__ = CHECKED

    kind: Kind
    a: Case
    b: Case
    ahead: str | None
    agreement: _Share
    difference_ms: Likely
    mark: Mark
    decided_by: str | None
    run_says: str | None

    @property
    def first(self) -> Case | None:
        """The case that is ahead."""
        return next((case for case in (self.a, self.b) if case.backend == self.ahead), None)

    @property
    def turned_round(self) -> bool:
        """Whether the run says the opposite of what is predicted, and both are sure enough to say something."""
        known = self.ahead is not None and self.run_says is not None
        return known and self.mark != "cannot be told" and self.run_says != self.ahead


@dataclass(frozen=True)
class Basis:
    """What a prediction rests on: a run, the figures that were published until a date, and draws from a seed.

    `bundles` are the hashes of the bundles by precision; predictions of earlier versions have the first one's alone.
    `core_time` is how long a vCPU takes for what took a core of the run's machine one; None for a run on AWS, and in
    predictions of earlier versions.
    """

    __pydantic_config__ = CHECKED

    run_utc: str
    run_on: str
    architecture: str | None
    bundle_hash: str | None
    figures_date: str
    draws: Annotated[int, Field(ge=1, le=1_000_000)]
    seed: Annotated[int, Field(ge=0, le=MOST_SEED)]
    bundles: Mapping[str, str] = field(default_factory=dict)
    core_time: Likely | None = None

    @property
    def place(self) -> str:
        """Where the run was made."""
        return "in the lab" if self.run_on == LAB else "on AWS"


@dataclass(frozen=True)
class PredictedRun:
    """What a run on AWS would probably say. Nothing in it was measured there."""

    __pydantic_config__ = CHECKED

    basis: Basis
    times: tuple[PredictedTime, ...]
    verdicts: tuple[PredictedVerdict, ...]

    @property
    def cases(self) -> tuple[Case, ...]:
        """What is predicted, each once."""
        return tuple(dict.fromkeys(item.case for item in self.times))


def case_name(case: Case, cases: Sequence[Case]) -> str:
    """The backend of a case and whatever else tells it from the others."""
    alike = [other for other in cases if other.backend == case.backend]
    named = [_rest(other) for other in alike]
    differing = [what for number, what in enumerate(_rest(case)) if len({other[number] for other in named}) > 1]
    reduced = [case.precision] if case.precision not in (FP32, *differing) else []
    if any(_rest(other) == _rest(case) and other != case for other in alike):
        differing.append(f"{case.bytes_read / 1e6:,.0f} MB read")
    return " · ".join([case.backend, *reduced, *differing])


def storage_name(case: Case, cases: Sequence[Case]) -> str:
    """The backend of a case, and its precision where that is not fp32 alone."""
    return case.backend if {other.precision for other in cases} == {FP32} else f"{case.backend} · {case.precision}"


def _rest(case: Case) -> tuple[str, ...]:
    return case.precision, case.engine, f"{case.memory_mb:,} MB", f"{case.tokens} tokens"


def state_of(kind: str) -> str:
    """`warm`, or `cold` with its kind."""
    return WARM if kind == WARM else f"cold ({kind})"
