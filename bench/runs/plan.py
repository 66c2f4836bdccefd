"""Orders the measurements of a run: seeded, randomised complete blocks.

A *variant* is one combination of the things compared. A *visit* goes to one variant, makes it cold, and sends it the
requests of a kind of cold start. A *round* (block) makes each of these visits once, in a random order of its own, so
that slow drifts of the machine or the region hit all variants alike and differences can be taken within a round.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from bench.runs.bodies import BodyFacts
from bench.runs.cold_starts import COLD_STARTS, ColdStartAxes
from bench.runs.cold_starts.axes import A_BODY, WARM_UP_ROUND
from bench.runs.cold_starts.kind import WARM, ColdStart
from bench.runs.direct_reads import check_settings, settings_of
from bench.stats.looks import Look, can_resolve, looks
from contract.engines import ONNX
from contract.precisions import FP32, PRECISIONS
from contract.run_modes import ON_DEMAND, RunMode, split

MOST_VISITS, MOST_REQUESTS = 100_000, 1_000_000
COMPARED = ("cold", WARM)  # states in which variants are compared
LOOKS_AHEAD = 4  # a run goes on for so many times the rounds before its first look, unless it says how many


@dataclass(frozen=True, order=True)
class Variant:
    """What is compared.

    `backend` is a label: a storage, or one in another run mode (`oci+snapstart`). `memory_mb` None leaves the function
    as it is deployed; `tokens` is the approximate length of the text, or 0 where requests carry bodies; `engine` is
    `own` where the function is not ours; `arm` is http (through the API) or invoke (straight to the function);
    `precision` is that of the weights; `direct_reads` on or off, None where they are left as deployed or are none.
    """

    backend: str
    engine: str
    memory_mb: int | None = None
    tokens: int = 20
    arm: str = "http"
    precision: str = FP32
    direct_reads: str | None = None

    def __post_init__(self) -> None:
        split(self.backend)  # raises ValueError for a mode that is not known, whoever wrote it

    @property
    def label(self) -> str:
        """A short name, unique among the variants of a run."""
        memory = f".{self.memory_mb}MB" if self.memory_mb else ""
        length = f"{self.tokens}t" if self.tokens != A_BODY else "body"
        direct = f".direct-{self.direct_reads}" if self.direct_reads else ""
        return f"{self.function}.{self.engine}{memory}.{length}.{self.arm}{direct}"

    @property
    def storage(self) -> str:
        """Where its weights are; or the label of a function that is not ours."""
        return split(self.backend)[0]

    @property
    def mode(self) -> RunMode:
        """How Lambda makes its environments."""
        return split(self.backend)[1]

    @property
    def function(self) -> str:
        """The name of its function in a run: the backend, and the precision where it is not fp32."""
        return function_name(self.backend, self.precision)

    def is_like(self, other: Self) -> bool:
        """Whether they differ in nothing but where the weights are, and how they are read from there."""
        return replace(self, backend=other.backend, direct_reads=other.direct_reads) == other


def function_name(backend: str, precision: str) -> str:
    """How a run names a backend's function with weights of a precision."""
    return backend if precision == FP32 else f"{backend}.{precision}"


def functions(backends: Sequence[str], precisions: Sequence[str]) -> tuple[str, ...]:
    """The functions of backends in precisions, as a run names them."""
    return tuple(function_name(*pair) for pair in itertools.product(backends, precisions))


def named_in(function: str) -> tuple[str, str]:
    """The backend and the precision in such a name."""
    backend, _, precision = function.partition(".")
    return backend, precision or FP32


@dataclass(frozen=True)
class Axes(ColdStartAxes):
    """Everything that determines a plan. Equal axes give equal plans.

    A run goes on until all differences of the states `until_resolved` are resolved, for `at_most` rounds; `cold` are
    then the rounds before the first look. Empty and 0: it has `cold` rounds.
    """

    seed: int = 1
    until_resolved: tuple[str, ...] = ()
    at_most: int = 0
    bodies: tuple[BodyFacts, ...] = ()
    precisions: tuple[str, ...] = (FP32,)
    direct_reads: tuple[str | None, ...] = (None,)

    def __post_init__(self) -> None:
        super().__post_init__()
        if bool(self.bodies) != (A_BODY in self.tokens):
            raise ValueError("requests carry either texts, which have a length in tokens, or bodies")
        self._check_precisions()
        check_settings(self.direct_reads, self.backends)
        self._check_looks()
        # Counted for all variants of an arm together: there may be far too many of them.
        alike = math.prod(map(len, (self._places, self.engines, self.memories, self.tokens, self.precisions)))
        most = self.longest
        if alike * most.cold * len(most._round(1)) > MOST_VISITS or alike * most._requests() > MOST_REQUESTS:
            raise ValueError(f"this plan has above {MOST_VISITS:,} cold starts or {MOST_REQUESTS:,} requests")

    def _check_precisions(self) -> None:
        known = set(self.precisions) <= set(PRECISIONS)
        if not known or not self.precisions or len(set(self.precisions)) != len(self.precisions):
            raise ValueError(f"--precision: some of {', '.join(PRECISIONS)}, each once; got {self.precisions!r}")
        if set(self.precisions) != {FP32} and set(self.engines) != {ONNX}:
            raise ValueError(f"--precision: the engine {ONNX} alone reads weights of a precision that is not {FP32}")

    def _check_looks(self) -> None:
        if not self.until_resolved:
            if self.at_most:
                raise ValueError("--at-most: it limits a run with --until-resolved")
            return
        if unknown := set(self.until_resolved) - set(COMPARED):
            raise ValueError(f"--until-resolved: {sorted(unknown)} are not among {', '.join(COMPARED)}")
        if WARM in self.until_resolved and not self.warm:
            raise ValueError("--until-resolved: without warm requests their differences are not resolved")
        if self.at_most <= self.cold:
            raise ValueError(f"--at-most: it must be above the {self.cold} rounds before the first look (--cold)")
        pairs = math.comb(len(self._places), 2) * math.prod(
            map(len, (self.engines, self.memories, self.tokens, self.arms, self.precisions))
        )
        if not pairs:
            raise ValueError("--until-resolved: it compares storages, so name at least two")
        if not can_resolve(pairs, self.looks[-1]):
            raise ValueError(f"--at-most: {self.at_most} rounds cannot resolve {pairs} differences; allow more")

    @property
    def _places(self) -> tuple[tuple[str, str | None], ...]:
        """The backends, each in every setting that it is measured in."""
        return tuple((name, each) for name in self.backends for each in settings_of(name, self.direct_reads))

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions that are asked, as a run names them."""
        return functions(self.backends, self.precisions)

    @property
    def looks(self) -> tuple[Look, ...]:
        """When a run with `until_resolved` looks whether it may end; empty for others."""
        return looks(self.cold, self.at_most) if self.until_resolved else ()

    @property
    def longest(self) -> Self:
        """The axes of the run if it has all the rounds that it may have."""
        return self.extended(self.at_most) if self.until_resolved else self

    def extended(self, rounds: int) -> Self:
        """A plan of so many rounds, which begins like this one: rounds that both have are the same."""
        whole, rest = divmod(self.warm, self.cold)
        return replace(self, cold=rounds, warm=whole * rounds + rest, until_resolved=(), at_most=0)

    def _requests(self) -> int:
        return sum(cold_start.requests for number in range(1, self.cold + 1) for cold_start in self._round(number))

    def _round(self, number: int) -> tuple[ColdStart[ColdStartAxes], ...]:
        return tuple(cold_start for arm in self.arms for cold_start in self.cold_starts(number, arm))

    def cold_starts(self, number: int, arm: str, mode: RunMode = ON_DEMAND) -> Iterator[ColdStart[ColdStartAxes]]:
        """What a round makes of each variant of an arm in a mode, in no order. Round 0 is the warm-up."""
        for kind in COLD_STARTS:
            if kind.mode is mode and arm in kind.arms:
                yield from kind.planned(self, number)

    def variants(self) -> tuple[Variant, ...]:
        """All combinations, in the order the options name them."""
        product = itertools.product(self.backends, self.engines, self.memories, self.tokens, self.arms, self.precisions)
        return tuple(Variant(*one, each) for one in product for each in settings_of(one[0], self.direct_reads))


@dataclass(frozen=True)
class Visit:
    """One cold start of a variant, and the requests around it."""

    round: int
    order: int
    variant: Variant
    cold_start: ColdStart[ColdStartAxes]

    @property
    def id(self) -> str:
        """Names the visit within its plan."""
        return f"r{self.round:03d}.{self.variant.label}{self.cold_start.mark}"

    @property
    def warm_up(self) -> bool:
        """Visits of the first round are measured and recorded, but never used."""
        return self.round == WARM_UP_ROUND

    @property
    def requests(self) -> int:
        """How many requests the visit sends."""
        return self.cold_start.requests


def build_plan(axes: Axes) -> tuple[Visit, ...]:
    """All visits in the order they are made: one warm-up round, then `axes.cold` rounds."""
    visits = []
    for number in range(axes.cold + 1):
        # Each round has its own seed, so that the order of round n does not depend on the number of rounds.
        rng = random.Random(f"{axes.seed}/{number}")  # noqa: S311 - a reproducible order, no secret
        block = [
            (variant, cold_start)
            for variant in axes.variants()
            for cold_start in axes.cold_starts(number, variant.arm, variant.mode)
        ]
        rng.shuffle(block)
        block.sort(key=lambda planned: -planned[1].deployments_left)  # stable: the order within each stays random
        visits += [Visit(number, order, *visit) for order, visit in enumerate(block)]
    return tuple(visits)


def by_deployment(plan: Sequence[Visit]) -> Iterator[tuple[Visit, ...]]:
    """The visits of a plan, in order, in parts of which each is made in a deployment of its own."""
    for _, part in itertools.groupby(plan, key=lambda visit: visit.cold_start.deployments_left):
        yield tuple(part)


def requests_in(plan: tuple[Visit, ...]) -> int:
    """How many requests a plan sends."""
    return sum(visit.requests for visit in plan)
