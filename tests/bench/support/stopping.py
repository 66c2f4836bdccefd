"""Simulates adaptive runs with a known truth: how often they find what is not there, and what their intervals hold."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy
from numpy.random import Generator

from bench.report.comparisons import Comparison, Rule, compare_backends
from bench.report.stopping import unresolved_at
from bench.runs.plan import Axes
from bench.stats.clusters import median_interval
from bench.stats.looks import CONFIDENCE
from tests.bench.support.samples import judged

TRUTH_MS = 1_000.0
NOISE = 0.08  # spread of a cold start, in logarithms: of the runs in README
_COMMON = 0.05  # what all variants of a round share
_NAMES = ("s3", "efs", "oci")


@dataclass(frozen=True)
class Planted:
    """Backends of which each is by `effect` spreads slower than the one before; `skewed`: a long tail of slow ones."""

    effect: float
    backends: int = 2
    skewed: bool = False

    @property
    def name(self) -> str:
        """The case in words."""
        tail = ", skewed" if self.skewed else ""
        return f"{self.backends} storages, difference {self.effect:g} spreads{tail}"

    def draw(self, rng: Generator, rounds: int) -> numpy.ndarray:
        """Cold starts in ms, a row for each round."""
        shape = rounds, self.backends
        noise = rng.exponential(size=shape) - 1 if self.skewed else rng.normal(size=shape)
        common = _COMMON * rng.normal(size=(rounds, 1))
        values: numpy.ndarray = TRUTH_MS * numpy.exp(common + NOISE * (noise + self.effect * numpy.arange(shape[1])))
        return values


@dataclass(frozen=True)
class Ended:
    """How an adaptive run ended, and whether its intervals hold the truth: of the first difference and first median."""

    rounds: int
    found: tuple[Comparison, ...]
    difference_held: bool
    median_held: bool


def adaptive_run(case: Planted, seed: tuple[int, ...]) -> Ended:
    """One run, by the benchmark's own looks."""
    axes = _axes(case.backends)
    values = case.draw(numpy.random.default_rng(seed), axes.at_most)
    variants = axes.variants()
    requests = [
        judged(f"{number}.{index}", 0, at=(number + 1, index), variant=variants[index], state="cold", ms=value)
        for (number, index), value in numpy.ndenumerate(values)
    ]
    for look in axes.looks:
        if not unresolved_at(look, axes, requests):
            break
    seen = [item for item in requests if item.sample.round <= look.rounds]
    found = compare_backends(seen, variants, Rule(look.level, CONFIDENCE))
    first = next(each for each in found if each.state == "cold")
    interval = first.paired.difference_interval if first.paired else None
    median = median_interval([[value] for value in values[: look.rounds, 0].tolist()])
    true_difference, true_median = _truth(case)
    return Ended(
        look.rounds,
        tuple(each for each in found if each.state == "cold"),
        interval is not None and interval.low <= true_difference <= interval.high,
        median is not None and median.low <= true_median <= median.high,
    )


@cache
def _axes(backends: int) -> Axes:
    """The plan: ten rounds, then up to forty."""
    return Axes(_NAMES[:backends], cold=10, warm=0, until_resolved=("cold",), at_most=40)


@cache
def _truth(case: Planted) -> tuple[float, float]:
    """The median of the first difference and of the first backend, of very many rounds."""
    values = case.draw(numpy.random.default_rng(0), 2_000_000)
    difference = 0.0 if case.effect == 0 else float(numpy.median(values[:, 0] - values[:, 1]))
    return difference, float(numpy.median(values[:, 0])) if case.skewed else TRUTH_MS
