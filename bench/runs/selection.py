"""Selects the samples of a run that are used for what."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bench.runs.judge import CENSORED, FAILED, INVALID, OK, PROACTIVE, SUPERSEDED, Judged
from bench.runs.plan import Variant

_ANSWERED = (OK, INVALID, PROACTIVE)


T = TypeVar("T")


@dataclass(frozen=True)
class Counts:
    """What became of the samples of a state: `n` are used, from so many `visits`; shares are of those `asked`."""

    n: int
    visits: int
    asked: int
    answered_share: float | None
    failed_share: float | None
    invalid: int
    failed: int
    censored: int
    proactive: int
    second_init: int


@dataclass(frozen=True)
class State:
    """All judged samples of one variant in one state (cold or warm), the warm-up round left out."""

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

    @property
    def visits(self) -> tuple[tuple[float, ...], ...]:
        """The latencies of each visit, in time order: requests of one visit are not independent of each other."""
        return by_visit((item, latency_ms(item)) for item in self.used)

    @property
    def outcomes(self) -> tuple[tuple[float, ...], ...]:
        """The same as `visits` for every request that was made: one that failed or is not proven is infinitely late."""
        return by_visit((item, outcome_ms(item)) for item in self.asked if item.status != PROACTIVE)

    @property
    def asked(self) -> tuple[Judged, ...]:
        """Every request that was made, except those of a visit that was repeated."""
        return tuple(item for item in self.samples if item.status != SUPERSEDED)

    def count(self, status: str) -> int:
        """How many samples have this status."""
        return sum(1 for item in self.samples if item.status == status)

    @property
    def counts(self) -> Counts:
        """How many samples have each status."""
        return Counts(
            n=len(self.used),
            visits=len(self.visits),
            asked=len(self.asked),
            answered_share=share(sum(item.status in _ANSWERED for item in self.asked), len(self.asked)),
            failed_share=share(self.count(FAILED), len(self.asked)),
            invalid=self.count(INVALID),
            failed=self.count(FAILED),
            censored=self.count(CENSORED),
            proactive=self.count(PROACTIVE),
            second_init=sum(1 for item in self.valid if item.second_init),
        )


def select(judged: Iterable[Judged], variant: Variant, state: str) -> State:
    """The samples of a variant in a state."""
    return State(
        tuple(
            item
            for item in judged
            if item.sample.variant == variant and item.sample.state == state and not item.sample.warm_up
        )
    )


def latency_ms(item: Judged) -> float:
    """The client's request time; infinite for a censored sample."""
    return math.inf if item.status == CENSORED else item.sample.seen.request_ms


def answered_share(judged: Sequence[Judged], variant: Variant) -> float | None:
    """The share of a variant's cold and warm requests that were answered."""
    asked = [item for state in ("cold", "warm") for item in select(judged, variant, state).asked]
    return share(sum(item.status in _ANSWERED for item in asked), len(asked))


def outcome_ms(item: Judged) -> float:
    """How long the user waited for a valid answer; infinite where none came."""
    return item.sample.seen.request_ms if item.status == OK else math.inf


def by_visit(items: Iterable[tuple[Judged, T]]) -> tuple[tuple[T, ...], ...]:
    """Values grouped by the visit that their requests belong to, in time order."""
    groups: dict[str, list[T]] = {}
    for item, value in items:
        groups.setdefault(item.sample.visit, []).append(value)
    return tuple(map(tuple, groups.values()))


def share(part: int, whole: int) -> float | None:
    """A part of a whole, rounded; None if the whole is 0."""
    return round(part / whole, 5) if whole else None
