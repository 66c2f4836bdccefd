"""Which points of a run are used for what."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from bench.evidence.judge import CENSORED, FAILED, INVALID, OK, PROACTIVE, Judged
from bench.plan import Variant


@dataclass(frozen=True)
class State:
    """All judged samples of one variant in one state (cold or warm), the warm-up block left out."""

    samples: tuple[Judged, ...]

    @property
    def used(self) -> tuple[Judged, ...]:
        """The samples of the latency distribution, in time order."""
        return tuple(item for item in self.samples if item.used)

    @property
    def valid(self) -> tuple[Judged, ...]:
        """The used samples that were answered: the ones whose phases are known."""
        return tuple(item for item in self.samples if item.status == OK)

    @property
    def latencies(self) -> tuple[float, ...]:
        """Request times in ms; infinite where the request was given up at the limit."""
        return tuple(latency_ms(item) for item in self.used)

    def count(self, status: str) -> int:
        """How many samples have this status."""
        return sum(1 for item in self.samples if item.status == status)

    @property
    def counts(self) -> dict[str, int]:
        """What became of the samples."""
        return {
            "n": len(self.used),
            "invalid": self.count(INVALID),
            "failed": self.count(FAILED),
            "censored": self.count(CENSORED),
            "proactive": self.count(PROACTIVE),
            "second_init": sum(1 for item in self.valid if item.second_init),
        }


def select(judged: Iterable[Judged], variant: Variant, state: str, cold_kind: str | None = None) -> State:
    """The samples of a variant in a state (and, for cold ones, of one kind)."""
    return State(
        tuple(
            item
            for item in judged
            if item.sample.variant == variant
            and item.sample.state == state
            and not item.sample.warm_up
            and (cold_kind is None or item.sample.cold_kind == cold_kind)
        )
    )


def latency_ms(item: Judged) -> float:
    """The client's request time; infinite for a censored sample."""
    return math.inf if item.status == CENSORED else item.sample.seen.request_ms
