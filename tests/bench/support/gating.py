"""Simulates two runs with a known change between them, as a gate compares them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy
from numpy.random import Generator

from bench.report.compare_runs import compared
from bench.report.gate import Check, Limits, checks
from bench.runs.judge import OK, Judged
from bench.runs.plan import Axes, Visit, build_plan
from bench.runs.records import Observation, Sample

COLD_MS = {"efs": 1_060.0, "s3": 1_135.0, "oci": 535.0}  # the lab's, in README
WARM_MS = 55.0
_COLD_NOISE, _VISIT_NOISE, _WARM_NOISE = 0.09, 0.05, 0.08  # spreads, in logarithms


@dataclass(frozen=True)
class Change:
    """B's cold starts from one storage take `ratio` times as long; all else is equal."""

    ratio: float = 1.0
    storage: str = "s3"


def gate_of(change: Change, rounds: int, limits: Limits, seed: tuple[int, ...]) -> tuple[Check, ...]:
    """The checks of B against A, of three storages cold and warm."""
    rng = numpy.random.default_rng(seed)
    a, b = _run(rng, rounds, Change()), _run(rng, rounds, change)
    return checks(compared(a, b, _axes(rounds).variants()), limits)


@cache
def _axes(rounds: int) -> Axes:
    return Axes(tuple(COLD_MS), cold=rounds, warm=2 * rounds)


@cache
def _visits(rounds: int) -> tuple[Visit, ...]:
    return tuple(visit for visit in build_plan(_axes(rounds)) if not visit.warm_up)


def _run(rng: Generator, rounds: int, change: Change) -> list[Judged]:
    judged = []
    for visit in _visits(rounds):
        name = visit.variant.backend
        slower = change.ratio if name == change.storage else 1.0
        judged.append(_judged(visit, "cold", 0, slower * COLD_MS[name] * rng.lognormal(0, _COLD_NOISE)))
        common = WARM_MS * rng.lognormal(0, _VISIT_NOISE)
        judged += [_judged(visit, "warm", n, common * rng.lognormal(0, _WARM_NOISE)) for n in (1, 2)]
    return judged


def _judged(visit: Visit, state: str, number: int, value: float) -> Judged:
    sample = Sample(
        id=f"{visit.id}.{number}",
        visit=visit.id,
        session=1,
        round=visit.round,
        order=visit.order,
        warm_up=False,
        variant=visit.variant,
        state=state,
        cold_kind="new-sandbox" if state == "cold" else None,
        utc="2026",
        elapsed_s=0.0,
        nonce="n",
        limit_ms=30_000.0,
        seen=Observation(0.0, value, 200),
    )
    return Judged(sample, OK)
