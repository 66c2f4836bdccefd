"""The order of measurements: seeded, randomised complete blocks.

A *variant* is one combination of what is compared. A *visit* goes to one variant, makes it cold, and sends it some
requests. A *round* (block) makes every visit of its kind once, in a random order of its own, so that slow drifts of the
machine or the region hit all variants alike and differences can be taken within a round.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

WARM_UP_ROUND = 0
MOST_VISITS, MOST_REQUESTS, MOST_AT_ONCE = 100_000, 1_000_000, 1_000
NEW_SANDBOX, FIRST_DEPLOY, SCALE_OUT, IDLE = "new-sandbox", "first-deploy", "scale-out", "idle"


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
    """Everything that determines a plan. Equal axes give equal plans.

    `bursts` are numbers of simultaneous requests (scale-out), `idle_s` a pause after which a request may find its
    environment gone (0: not measured); `first_deploy` says that image or bundle are new, so that the first cold start
    of each variant is one of its own kind.
    """

    backends: tuple[str, ...]
    engines: tuple[str, ...] = ("onnx",)
    memories: tuple[int | None, ...] = (None,)
    tokens: tuple[int, ...] = (20,)
    arms: tuple[str, ...] = ("http",)
    cold: int = 10
    warm: int = 60
    bursts: tuple[int, ...] = ()
    idle_s: float = 0.0
    first_deploy: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("backends", "engines", "memories", "tokens", "arms"):
            values = getattr(self, name)
            if not values or len(set(values)) != len(values):
                raise ValueError(f"{name} must name at least one value, each once; got {values!r}")
        if self.cold < 1 or self.warm < 0:
            raise ValueError(f"cold must be at least 1 and warm at least 0; got cold={self.cold}, warm={self.warm}")
        if self._visits() > MOST_VISITS or self._requests() > MOST_REQUESTS:
            raise ValueError(f"this plan has above {MOST_VISITS:,} cold starts or {MOST_REQUESTS:,} requests")
        if max(self.bursts, default=0) > MOST_AT_ONCE:
            raise ValueError(f"bursts of more than {MOST_AT_ONCE:,} requests cannot be sent at once")
        numbers = [*self.tokens, *self.bursts, *(memory for memory in self.memories if memory is not None)]
        if min(numbers) < 1 or self.idle_s < 0:
            raise ValueError("text lengths, bursts, memory sizes and pauses must be positive")

    def _requests(self) -> int:
        """About how many requests the plan has, without making it."""
        return self._visits() + self._variants() * (self.cold * sum(self.bursts) + self.warm)

    def _visits(self) -> int:
        return self._variants() * self.cold * (1 + len(self.bursts) + bool(self.idle_s))

    def _variants(self) -> int:
        return math.prod(map(len, (self.backends, self.engines, self.memories, self.tokens, self.arms)))

    def variants(self) -> tuple[Variant, ...]:
        """All combinations, in the order the options name them."""
        product = itertools.product(self.backends, self.engines, self.memories, self.tokens, self.arms)
        return tuple(Variant(*values) for values in product)


@dataclass(frozen=True)
class Visit:
    """One cold start of a variant, then, by `kind`: `warm` requests in turn, `burst` at once, or one after `idle_s`."""

    round: int
    order: int
    variant: Variant
    kind: str = NEW_SANDBOX
    warm: int = 0
    burst: int = 0
    idle_s: float = 0.0

    @property
    def id(self) -> str:
        """Names the visit within its plan."""
        kinds = {SCALE_OUT: f".burst{self.burst}", IDLE: ".idle"}
        return f"r{self.round:03d}.{self.variant.label}{kinds.get(self.kind, '')}"

    @property
    def warm_up(self) -> bool:
        """Visits of the first block are measured and recorded, but never used."""
        return self.round == WARM_UP_ROUND

    @property
    def requests(self) -> int:
        """How many requests the visit sends."""
        return 1 + self.warm + self.burst + (self.kind == IDLE)


def build_plan(axes: Axes) -> tuple[Visit, ...]:
    """All visits in the order they are made: one warm-up block, then `axes.cold` blocks."""
    visits = []
    for number in range(axes.cold + 1):
        # A seed of its own per round: the order of round n does not depend on how many rounds there are.
        rng = random.Random(f"{axes.seed}/{number}")  # noqa: S311 - a reproducible order, no secret
        block = list(_block(axes, number))
        rng.shuffle(block)
        visits += [Visit(number, order, *visit) for order, visit in enumerate(block)]
    return tuple(visits)


def requests_in(plan: tuple[Visit, ...]) -> int:
    """How many requests a plan sends."""
    return sum(visit.requests for visit in plan)


def _block(axes: Axes, number: int) -> Iterator[tuple[Variant, str, int, int, float]]:
    """The visits of one block, unordered. The warm-up block has cold and warm requests only."""
    first = number == WARM_UP_ROUND
    for variant in axes.variants():
        kind = FIRST_DEPLOY if first and axes.first_deploy else NEW_SANDBOX
        yield variant, kind, _warm_requests(axes, number), 0, 0.0
        if first or variant.arm != "http":
            continue
        for burst in axes.bursts:
            yield variant, SCALE_OUT, 0, burst, 0.0
        if axes.idle_s:
            yield variant, IDLE, 0, 0, axes.idle_s


def _warm_requests(axes: Axes, round_number: int) -> int:
    """Spread the warm requests evenly over the blocks; the warm-up block has as many as the first."""
    whole, rest = divmod(axes.warm, axes.cold)
    return whole + (max(round_number, 1) <= rest)
