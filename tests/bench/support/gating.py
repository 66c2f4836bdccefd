"""Simulates two runs with a known change between them, as a gate compares them."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from functools import cache

import numpy
from numpy.random import Generator

from bench.report.compare_runs import compared
from bench.report.gate import Check, Limits, checks
from bench.runs.judge import Judged
from bench.runs.plan import Axes, Visit, build_plan
from tests.bench.support.samples import judged

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
    return checks(compared(a, b, [(each, each) for each in _axes(rounds).variants()]), limits)


@cache
def _axes(rounds: int) -> Axes:
    return Axes(tuple(COLD_MS), cold=rounds, warm=2 * rounds)


@cache
def _visits(rounds: int) -> tuple[Visit, ...]:
    return tuple(visit for visit in build_plan(_axes(rounds)) if not visit.warm_up)


def _run(rng: Generator, rounds: int, change: Change) -> list[Judged]:
    found = []
    for visit in _visits(rounds):
        name = visit.variant.backend
        slower = change.ratio if name == change.storage else 1.0
        request = functools.partial(judged, visit.id, at=(visit.round, visit.order), variant=visit.variant)
        found.append(request(0, state="cold", ms=slower * COLD_MS[name] * rng.lognormal(0, _COLD_NOISE)))
        common = WARM_MS * rng.lognormal(0, _VISIT_NOISE)
        found += [request(n, state="warm", ms=common * rng.lognormal(0, _WARM_NOISE)) for n in (1, 2)]
    return found
