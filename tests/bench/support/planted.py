"""Plants runs with a known truth, as the numbers that a recommendation rests on, and tells what would be right."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from bench.cost.model import Assumptions, Billed, Usage, costs
from bench.cost.month import usd_at
from bench.cost.prices import read_prices
from bench.cost.traffic import Traffic
from bench.report.deciding import CONFIDENCE, Decision, decide, right
from bench.report.entrants import Entrant
from bench.runs.plan import Variant

KEPT_S = 360.0
_PRICES, _MEMORY_MB, _READ = read_prices(), 3008, 340_000_000


@dataclass(frozen=True)
class Planted:
    """What one storage is really like: medians in ms, and the spread of requests and visits (sigma of logarithms)."""

    cold_ms: float
    warm_ms: float
    sigma: float = 0.1
    visit_sigma: float = 0.05


def entrant(backend: str, planted: Planted, rounds: int, rng: Generator, warm_per_visit: int = 6) -> Entrant:
    """A run of so many rounds, one cold and some warm requests each; whole visits are a little slower or faster."""
    visits = planted.visit_sigma * rng.normal(size=(rounds, 1))
    cold = planted.cold_ms * math.e ** (planted.sigma * rng.normal(size=(rounds, 1)) + visits)
    warm = planted.warm_ms * math.e ** (planted.sigma * rng.normal(size=(rounds, warm_per_visit)) + visits)
    billed = [[Billed(float(ms), _READ) for ms in visit] for visit in cold]
    warm_billed = [[Billed(float(ms)) for ms in visit] for visit in warm]
    usage = Usage(backend, "arm64", _MEMORY_MB)
    return Entrant(
        variant=Variant(backend, "onnx"),
        name=backend,
        cold_ms=_median(cold),
        warm_ms=_median(warm),
        cold_rounds={number: float(visit[0]) for number, visit in enumerate(cold)},
        warm_rounds={number: _median(visit) for number, visit in enumerate(warm)},
        costs=costs(usage, billed, warm_billed, _PRICES, Assumptions(), CONFIDENCE),
    )


def decided(world: Mapping[str, Planted], traffic: Traffic, rounds: int, runs: int, seed: int) -> Iterator[Decision]:
    """What so many runs of this truth recommend."""
    for run in range(runs):
        rng = default_rng((seed, run))
        entrants = [entrant(backend, planted, rounds, rng) for backend, planted in world.items()]
        yield decide([one.rival(traffic, KEPT_S) for one in entrants])


def truth(world: Mapping[str, Planted], traffic: Traffic) -> tuple[str, ...]:
    """What the rule says of the true medians and means: all that may be taken."""
    return right(_true(world, traffic))


def _true(world: Mapping[str, Planted], traffic: Traffic) -> list[tuple[str, float, float]]:
    """Waits from the planted medians; dollars from the means, which for a log-normal are larger."""
    found = []
    for backend, planted in world.items():
        above = math.exp((planted.sigma**2 + planted.visit_sigma**2) / 2)
        cold, warm = Billed(planted.cold_ms * above, _READ), Billed(planted.warm_ms * above)
        priced = costs(Usage(backend, "arm64", _MEMORY_MB), [[cold]], [[warm]], _PRICES, Assumptions())
        exact = Entrant(Variant(backend, "onnx"), backend, planted.cold_ms, planted.warm_ms, {}, {}, priced)
        found.append((backend, exact.wait_ms(traffic, KEPT_S), usd_at(priced, traffic, KEPT_S)))
    return found


def _median(values: NDArray[numpy.float64]) -> float:
    return float(numpy.median(values))
