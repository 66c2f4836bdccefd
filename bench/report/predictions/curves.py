"""Predicts over model sizes and over memory sizes: times, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy

from bench.cost.arrivals import Timing
from bench.cost.keep_alive import published_keep_alive
from bench.cost.model import FREE_EPHEMERAL_MB, Assumptions, Billed, Usage, compute_usd, idle_month_usd, request_usd
from bench.cost.prices import Prices
from bench.cost.traffic import OFFICE_HOURS
from bench.predict.calculator import cold, warm
from bench.predict.montecarlo import predicted
from bench.predict.parameters import Parameters
from bench.predict.situation import Situation
from bench.report.costing import stored_bytes
from bench.report.grounds import Evidence, Grounds, grounds_of
from bench.report.predicting import COLD_KINDS, Wanted, likely, parameters_for, situation_of
from bench.report.prediction import Likely
from bench.runs.cold_starts.new_sandbox import NewSandbox
from bench.runs.plan import function_name
from bench.runs.recorded import recorded_function, recorded_mode, recorded_target
from bench.runs.records import Session
from contract.limits import API_TIMEOUT_S, INIT_S
from contract.precisions import FP32

_MB = 10**6
SIZES = tuple(value * _MB for value in (100, 150, 220, 340, 500, 750, 1100, 1600, 2300, 3400, 5000, 7500, 11_000))
"""Bytes that a cold start reads."""
MEMORIES = (1024, 1769, 2654, 3538, 5307, 7076, 8845, 10_240)
"""In MB; from the second on, so much as buys whole or half cores."""
TRAFFIC = OFFICE_HOURS
"""The traffic that costs are compared for, with the published keep-alive."""

Meets = Literal["yes", "perhaps", "no"]


@dataclass(frozen=True)
class BySize:
    """A cold start that reads so many bytes; the shares of the draws are as in `PredictedTime`."""

    backend: str
    kind: str
    bytes_read: int
    ms: Likely
    init_over: float
    given_up: float


@dataclass(frozen=True)
class ByMemory:
    """A memory size: times in ms, and USD for a month of `TRAFFIC`."""

    backend: str
    memory_mb: int
    cold_ms: Likely
    warm_ms: Likely
    month_usd: Likely

    def meets(self, objective_ms: float) -> Meets:
        """Whether a cold start is answered within the objective: in 97.5 % of the draws, in 2.5 %, or between."""
        if self.cold_ms.high <= objective_ms:
            return "yes"
        return "no" if self.cold_ms.low > objective_ms else "perhaps"


@dataclass(frozen=True)
class Curves:
    """Predictions over sizes for one engine, text length and precision, at `memory_mb` where the bytes change."""

    engine: str
    tokens: int
    precision: str
    memory_mb: int
    by_size: tuple[BySize, ...]
    by_memory: tuple[ByMemory, ...]
    region: str
    prices_date: str

    @property
    def work(self) -> str:
        """What is computed, in words."""
        return f"{self.engine}{self.in_precision} and texts of {self.tokens} tokens"

    @property
    def in_precision(self) -> str:
        """` in int8`, to follow what it is said of; nothing for fp32."""
        return f" in {self.precision}" if self.precision != FP32 else ""

    def cheapest(self, objective_ms: float) -> ByMemory | None:
        """The backend and memory size that meet the objective for the least money."""
        meeting = [item for item in self.by_memory if item.meets(objective_ms) == "yes"]
        return min(meeting, key=lambda item: item.month_usd.median, default=None)


def curves_of(run: Evidence, wanted: Wanted, prices: Prices) -> tuple[Curves, ...]:
    """The curves for the run's first engine and text length, one set for each precision that has them.

    All are from the same draws as the prediction.
    """
    grounds, parameters = grounds_of(run), parameters_for(run.session, wanted.seed)
    first = grounds[0].engine, grounds[0].tokens
    alike = (ground for ground in grounds if (ground.engine, ground.tokens) == first)
    return tuple(_curves(ground, run.session, wanted, prices, parameters) for ground in alike)


def _curves(ground: Grounds, session: Session, wanted: Wanted, prices: Prices, parameters: Parameters) -> Curves:
    memory_mb = max(wanted.memories or ground.memories)
    return Curves(
        engine=ground.engine,
        tokens=ground.tokens,
        precision=ground.precision,
        memory_mb=memory_mb,
        by_size=tuple(_over_sizes(ground, memory_mb, parameters)),
        by_memory=tuple(_over_memories(ground, session, prices, parameters)),
        region=prices.region,
        prices_date=prices.date,
    )


def _over_sizes(ground: Grounds, memory_mb: int, parameters: Parameters) -> Iterator[BySize]:
    for kind in COLD_KINDS:
        for backend in ground.bytes_read:
            for size in SIZES:
                start = cold(situation_of(ground, backend, memory_mb, size, kind), parameters)
                yield BySize(
                    backend,
                    kind,
                    size,
                    likely(predicted(start.total)),
                    float(numpy.mean(start.init > INIT_S * 1e3)),
                    float(numpy.mean(start.total > API_TIMEOUT_S * 1e3)),
                )


def _over_memories(ground: Grounds, session: Session, prices: Prices, parameters: Parameters) -> Iterator[ByMemory]:
    for backend, size in ground.bytes_read.items():
        function = function_name(backend, ground.precision)
        ephemeral_mb = recorded_function(session, function).ephemeral_mb or FREE_EPHEMERAL_MB
        target = recorded_target(session)
        architecture, mode = str(target.architecture), recorded_mode(session, function)
        stored = stored_bytes(session, function)
        for memory_mb in MEMORIES:
            usage = Usage(backend, architecture, memory_mb, ephemeral_mb, stored, mode.name, mode.provisioned_mibps)
            yield _by_memory(situation_of(ground, backend, memory_mb, size, NewSandbox.name), usage, prices, parameters)


def _by_memory(situation: Situation, usage: Usage, prices: Prices, parameters: Parameters) -> ByMemory:
    """Lambda bills INIT and the request: all of what a caller waits but what lies outside REPORT."""
    start, request = cold(situation, parameters), warm(situation, parameters)
    cold_billed = start.total - start.outside - start.api
    warm_billed = request - parameters.invoke_ms - parameters.api_ms
    cold_fixed, warm_fixed = (
        request_usd(usage, Billed(0.0, bytes_read), prices, Assumptions())
        for bytes_read in (situation.fetch.bytes_, 0.0)
    )
    usd_ms = compute_usd(usage, 1e6, prices) / 1e6
    held = [float(numpy.median(billed)) / 1e3 for billed in (cold_billed, warm_billed)]
    shares = TRAFFIC.shares(Timing(published_keep_alive().middle_s, *held))
    usd = shares.cold * (cold_fixed + usd_ms * cold_billed) + shares.warm * (warm_fixed + usd_ms * warm_billed)
    month = idle_month_usd(usage, prices, Assumptions()) + TRAFFIC.per_month * usd
    return ByMemory(
        backend=usage.backend,
        memory_mb=usage.memory_mb,
        cold_ms=likely(predicted(start.total)),
        warm_ms=likely(predicted(request)),
        month_usd=likely(predicted(month), 6),
    )
