"""Simulates measurements with a known truth, to see how often the benchmark's own intervals contain it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy
import scipy.stats
from numpy.random import Generator

from bench.cost.model import Assumptions, Billed, Costs, Usage, costs
from bench.cost.prices import read_prices
from bench.stats.clusters import Visits, mean_interval, median_interval, ratio_interval

VISITS, REQUESTS = 10, 6  # the default plan: 60 warm requests in 10 visits
TRUTH_MS = 100.0
_NOISE = 0.08  # spread of a single request, in logarithms
_FAMILY = 3  # warm rows of a comparison of three backends


@dataclass(frozen=True)
class Process:
    """Log-normal latencies around the truth: visits differ by `sigma`, or follow each other with correlation `phi`."""

    name: str
    sigma: float = 0.0
    phi: float = 0.0

    def draw(self, rng: Generator) -> Visits:
        """The warm requests of one run."""
        noise = rng.normal(size=VISITS * REQUESTS)
        for index in range(1, len(noise)) if self.phi else ():
            noise[index] = self.phi * noise[index - 1] + math.sqrt(1 - self.phi**2) * noise[index]
        logs = _NOISE * noise.reshape(VISITS, REQUESTS) + self.sigma * rng.normal(size=(VISITS, 1))
        return (TRUTH_MS * numpy.exp(logs)).tolist()


PROCESSES = (
    Process("independent"),
    Process("visit sigma 0.05", sigma=0.05),
    Process("visit sigma 0.1", sigma=0.1),
    Process("visit sigma 0.2", sigma=0.2),
    Process("AR(1) 0.3", phi=0.3),
    Process("AR(1) 0.6", phi=0.6),
    Process("AR(1) 0.9", phi=0.9),
)


@dataclass(frozen=True)
class Bimodal:
    """Some requests take long: `slow_ms` with this share, else `fast_ms`; whole visits at once if `by_visit`."""

    fast_ms: float = 10.0
    slow_ms: float = 400.0
    slow_share: float = 0.4
    by_visit: bool = False

    def draw(self, rng: Generator, per_visit: int = REQUESTS) -> Visits:
        """The requests of one run."""
        picks = rng.random((VISITS, 1 if self.by_visit else per_visit)) < self.slow_share
        slow = numpy.broadcast_to(picks, (VISITS, per_visit))
        noise = 1 + 0.02 * rng.normal(size=slow.shape)
        return (numpy.where(slow, self.slow_ms, self.fast_ms) * noise).tolist()

    @property
    def mean_ms(self) -> float:
        """The true mean."""
        return self.slow_share * self.slow_ms + (1 - self.slow_share) * self.fast_ms

    @property
    def median_ms(self) -> float:
        """The true median: the quantile of the fast mode below which half of all requests lie."""
        return float(self.fast_ms * (1 + 0.02 * scipy.stats.norm.ppf(0.5 / (1 - self.slow_share))))


def median_coverage(draw: Callable[[Generator], Visits], truth: float, runs: int, seed: int) -> float:
    """The share of runs in which the 95 % interval of the median contains the truth."""
    return _share(_holds(median_interval(draw(rng)), truth) for rng in _generators(runs, seed))


def mean_coverage(draw: Callable[[Generator], Visits], truth: float, runs: int, seed: int) -> float:
    """The share of runs in which the 95 % interval of the mean contains the truth."""
    return _share(_holds(mean_interval(draw(rng)), truth) for rng in _generators(runs, seed))


def false_alarms(draw: Callable[[Generator], Visits], runs: int, seed: int) -> float:
    """The share of comparisons of equal runs in which any of three rows reports a change."""
    confidence = 1 - 0.05 / _FAMILY

    def any_alarm(rng: Generator) -> bool:
        return any(not _holds(ratio_interval(draw(rng), draw(rng), confidence), 1.0) for _ in range(_FAMILY))

    return _share(any_alarm(rng) for rng in _generators(runs, seed))


def _generators(runs: int, seed: int) -> Iterator[Generator]:
    return (numpy.random.default_rng((seed, run)) for run in range(runs))


def _holds(interval: object, truth: float) -> bool:
    low, high = getattr(interval, "low", math.inf), getattr(interval, "high", -math.inf)
    return bool(low <= truth <= high)


def _share(outcomes: Iterator[bool]) -> float:
    counted = list(outcomes)
    return sum(counted) / len(counted)


def bill_coverage(backend: Bimodal, per_visit: int, runs: int, seed: int) -> float:
    """The share of runs in which the 95 % interval of a request's cost contains its true mean cost."""
    usage, prices, assumptions = Usage("oci", "arm64", 2048), read_prices(), Assumptions()

    def priced(visits: Visits) -> Costs:
        billed = [[Billed(value) for value in visit] for visit in visits]
        return costs(usage, billed, billed, prices, assumptions)

    many = replace(backend, by_visit=False).draw(numpy.random.default_rng(seed), 200_000 // VISITS)
    truth = priced(many).warm_request  # the common part of a visit does not change the mean
    rngs = _generators(runs, seed)
    return _share(_holds(priced(backend.draw(rng, per_visit)).warm_request_interval, truth) for rng in rngs)
