"""Estimates the cost of a run by the benchmark's own prices and arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.cost.estimate import DEFAULT_MEMORY_MB, estimate, guess
from bench.cost.model import HOURS_PER_MONTH, Usage
from bench.cost.prices import Prices
from bench.runs.plan import Axes, build_plan
from bench.text.numbers import money

# For every backend: two bundles and two images, as during the update, for the whole time, which overestimates.
_COPIES = 2
HOURS = 2.0  # four updates of minutes each, and a destroy that waits up to 45 for network interfaces


@dataclass(frozen=True)
class Expected:
    """In USD: the short benchmark, the other requests, and the storage meanwhile."""

    benchmark: float
    requests: float
    storage: float

    @property
    def total(self) -> float:
        """The sum."""
        return self.benchmark + self.requests + self.storage


def axes(backends: Sequence[str]) -> Axes:
    """The short benchmark: one cold start that counts on each backend, and three warm requests."""
    return Axes(tuple(backends), cold=1, warm=3)


def expect(backends: Sequence[str], asked: int, prices: Prices) -> Expected:
    """Return the cost of a run in which every backend is asked `asked` times, each time counted as a cold start."""
    each = {backend: guess(_usage(backend), "onnx", prices) for backend in backends}
    return Expected(
        benchmark=estimate(build_plan(axes(backends)), prices, "x86_64").usd,
        requests=asked * sum(one.cold_start for one in each.values()),
        storage=_COPIES * HOURS / HOURS_PER_MONTH * sum(one.idle_month for one in each.values()),
    )


def _usage(backend: str) -> Usage:
    """The usage of a backend on the more expensive processor."""
    return Usage(backend, "x86_64", DEFAULT_MEMORY_MB)


def described(expected: Expected, prices: Prices) -> str:
    """Return the cost as text, and what it leaves out."""
    return (
        f"expected to cost {money(expected.total)} in {HOURS:g} h ({prices.region}, prices of {prices.date}): "
        f"benchmark {money(expected.benchmark)}, requests {money(expected.requests)}, "
        f"storage {money(expected.storage)}; "
        "not counted: writes to EFS, requests of the deployment itself"
    )
