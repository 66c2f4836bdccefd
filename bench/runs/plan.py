"""Orders the measurements of a run: seeded, randomised complete blocks.

A *variant* is one combination of the things compared. A *visit* goes to one variant, makes it cold, and sends it the
requests of a kind of cold start. A *round* (block) makes each of these visits once, in a random order of its own, so
that slow drifts of the machine or the region hit all variants alike and differences can be taken within a round.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from bench.runs.cold_starts import COLD_STARTS, ColdStartAxes
from bench.runs.cold_starts.axes import WARM_UP_ROUND
from bench.runs.cold_starts.kind import ColdStart

MOST_VISITS, MOST_REQUESTS = 100_000, 1_000_000


@dataclass(frozen=True, order=True)
class Variant:
    """What is compared.

    `memory_mb` None leaves the function as it is deployed; `tokens` is the approximate length of the text; `arm` is
    http (through the API) or invoke (straight to the function).
    """

    backend: str
    engine: str
    memory_mb: int | None = None
    tokens: int = 20
    arm: str = "http"

    @property
    def label(self) -> str:
        """A short name, unique among the variants of a run."""
        memory = f".{self.memory_mb}MB" if self.memory_mb else ""
        return f"{self.backend}.{self.engine}{memory}.{self.tokens}t.{self.arm}"


@dataclass(frozen=True)
class Axes(ColdStartAxes):
    """Everything that determines a plan. Equal axes give equal plans."""

    seed: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        # Counted for all variants of an arm together: there may be far too many of them.
        alike = math.prod(map(len, (self.backends, self.engines, self.memories, self.tokens)))
        if alike * self.cold * len(self._round(1)) > MOST_VISITS or alike * self._requests() > MOST_REQUESTS:
            raise ValueError(f"this plan has above {MOST_VISITS:,} cold starts or {MOST_REQUESTS:,} requests")

    def _requests(self) -> int:
        return sum(cold_start.requests for number in range(1, self.cold + 1) for cold_start in self._round(number))

    def _round(self, number: int) -> tuple[ColdStart[ColdStartAxes], ...]:
        return tuple(cold_start for arm in self.arms for cold_start in self.cold_starts(number, arm))

    def cold_starts(self, number: int, arm: str) -> Iterator[ColdStart[ColdStartAxes]]:
        """What a round makes of each variant of an arm, in no order. Round 0 is the warm-up."""
        for kind in COLD_STARTS:
            if arm == "http" or not kind.http_only:
                yield from kind.planned(self, number)

    def variants(self) -> tuple[Variant, ...]:
        """All combinations, in the order the options name them."""
        product = itertools.product(self.backends, self.engines, self.memories, self.tokens, self.arms)
        return tuple(Variant(*values) for values in product)


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
            (variant, cold_start) for variant in axes.variants() for cold_start in axes.cold_starts(number, variant.arm)
        ]
        rng.shuffle(block)
        visits += [Visit(number, order, *visit) for order, visit in enumerate(block)]
    return tuple(visits)


def requests_in(plan: tuple[Visit, ...]) -> int:
    """How many requests a plan sends."""
    return sum(visit.requests for visit in plan)
