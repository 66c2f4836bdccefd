"""Estimates what a plan will take and cost, before anything was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.cost.model import Assumptions, Billed, Costs, Usage, costs, ready_usd, snapshot_usd
from bench.cost.prices import Prices
from bench.process.errors import UsageError
from bench.runs.direct_reads import are_on
from bench.runs.foreign import OWN
from bench.runs.plan import Visit
from contract.bucket import PLANS
from contract.precisions import FP32

# A careful guess from published figures; the estimate prints it, the run replaces it.
COLD_S = {"onnx": 5.0, "transformers": 15.0}
WARM_S = {"onnx": 0.1, "transformers": 1.5}
VISIT_OVERHEAD_S = 5.0  # updating the configuration and finding the log lines
SNAPSHOT_S = 120.0  # publishing a version and waiting for its snapshot; AWS speaks of minutes
READY_S = 180.0  # publishing a version and waiting for its provisioned concurrency, likewise
LAB_COLD_S, LAB_OVERHEAD_S = {"onnx": 1.2, "transformers": 7.5}, 0.5  # as `make bench` and `make limits` measured
DEFAULT_MEMORY_MB = 3008


@dataclass(frozen=True)
class Estimate:
    """Requests, seconds and USD of a plan on AWS, and its seconds in a lab on two cores."""

    requests: int
    cold_starts: int
    seconds: float
    lab_seconds: float
    usd: float


def guess(usage: Usage, engine: str, prices: Prices, precision: str = FP32) -> Costs:
    """The assumed costs of a backend before anything is measured: times by the engine, bytes by the precision too."""
    cold_s, warm_s, plan = COLD_S[engine], WARM_S[engine], PLANS[precision]
    cold, warm = Billed((cold_s + warm_s) * 1e3, plan.bytes_, len(plan.gets)), Billed(warm_s * 1e3)
    return costs(usage, [[cold]], [[warm]], prices, Assumptions())


def estimate(plan: Sequence[Visit], prices: Prices, architecture: str) -> Estimate:
    """Every request that may be a cold start is taken to be one. Raises UsageError for a function of the user's."""
    cold_starts, seconds, lab_seconds, usd = 0, 0.0, 0.0, 0.0
    for visit in plan:
        made, variant = visit.cold_start, visit.variant
        if variant.engine == OWN:
            raise UsageError("what a function of yours takes and costs is not known before it was measured")
        cold_s, warm_s = COLD_S[variant.engine], WARM_S[variant.engine]
        memory_mb = variant.memory_mb or DEFAULT_MEMORY_MB
        through = not are_on(variant.direct_reads, memory_mb)
        usage = Usage(variant.storage, architecture, memory_mb, snapshot=variant.mode.restores, read_through=through)
        one = guess(usage, variant.engine, prices, variant.precision)
        cold_starts += made.colds
        usd += made.colds * one.cold_start + made.warms * one.warm_request
        usd += made.snapshots * snapshot_usd(usage, prices) if made.snapshots else 0.0
        if made.kept_ready:
            usd += made.kept_ready * ready_usd(usage, prices, READY_S)
            seconds += READY_S
        seconds += VISIT_OVERHEAD_S + made.snapshots * SNAPSHOT_S + made.seconds(cold_s, warm_s)
        lab_seconds += LAB_OVERHEAD_S + made.seconds(LAB_COLD_S[variant.engine], warm_s)
    return Estimate(sum(visit.requests for visit in plan), cold_starts, seconds, lab_seconds, usd)
