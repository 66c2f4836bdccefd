"""The order of measurements: seeded, randomised complete blocks.

A *variant* is one combination of what is compared. A *visit* goes to one variant: one forced cold start, then some warm
requests to the same environment. A *round* (block) visits every variant once, in a random order of its own, so that
slow drifts of the machine or the region hit all variants alike and differences can be taken within a round.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass

WARM_UP_ROUND = 0


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
class Axes:
    """Everything that determines a plan. Equal axes give equal plans."""

    backends: tuple[str, ...]
    engines: tuple[str, ...] = ("onnx",)
    memories: tuple[int | None, ...] = (None,)
    tokens: tuple[int, ...] = (20,)
    arms: tuple[str, ...] = ("http",)
    cold: int = 10
    warm: int = 60
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("backends", "engines", "memories", "tokens", "arms"):
            values = getattr(self, name)
            if not values or len(set(values)) != len(values):
                raise ValueError(f"{name} must name at least one value, each once; got {values!r}")
        if self.cold < 1 or self.warm < 0:
            raise ValueError(f"cold must be at least 1 and warm at least 0; got cold={self.cold}, warm={self.warm}")

    def variants(self) -> tuple[Variant, ...]:
        """All combinations, in the order the options name them."""
        product = itertools.product(self.backends, self.engines, self.memories, self.tokens, self.arms)
        return tuple(Variant(*values) for values in product)


@dataclass(frozen=True)
class Visit:
    """One cold start of a variant and `warm` requests to the environment it made."""

    round: int
    order: int
    variant: Variant
    warm: int

    @property
    def id(self) -> str:
        """Names the visit within its plan."""
        return f"r{self.round:03d}.{self.variant.label}"

    @property
    def warm_up(self) -> bool:
        """Visits of the first block are measured and recorded, but never used."""
        return self.round == WARM_UP_ROUND


def build_plan(axes: Axes) -> tuple[Visit, ...]:
    """All visits in the order they are made: one warm-up block, then `axes.cold` blocks."""
    variants = axes.variants()
    visits = []
    for round_number in range(axes.cold + 1):
        # A seed of its own per round: the order of round n does not depend on how many rounds there are.
        rng = random.Random(f"{axes.seed}/{round_number}")  # noqa: S311 - a reproducible order, no secret
        for order, variant in enumerate(rng.sample(variants, len(variants))):
            visits.append(Visit(round_number, order, variant, _warm_requests(axes, round_number)))
    return tuple(visits)


def requests_in(plan: tuple[Visit, ...]) -> int:
    """How many requests a plan sends."""
    return sum(1 + visit.warm for visit in plan)


def _warm_requests(axes: Axes, round_number: int) -> int:
    """Spread the warm requests evenly over the blocks; the warm-up block has as many as the first."""
    whole, rest = divmod(axes.warm, axes.cold)
    return whole + (max(round_number, 1) <= rest)
