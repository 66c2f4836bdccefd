"""Prices warm-up pings: a schedule calls the function so often that one environment is never idle for too long."""

from __future__ import annotations

from bench.cost.alternatives.alternative import MEASURED, Alternative, Case, Latency
from bench.cost.model import HOURS_PER_MONTH
from bench.cost.month import shares_of


def _usd(case: Case) -> float:
    """Pings as often as the shortest keep-alive asks, each as dear as a warm request; bursts still start cold."""
    pings = HOURS_PER_MONTH * 3600 / (case.keep_alive.low_min * 60)
    crowded = shares_of(case.costs, case.traffic, case.keep_alive.middle_s).crowded
    each = crowded * case.costs.cold_start + (1 - crowded) * case.costs.warm_request
    return case.costs.idle_month + pings * case.costs.warm_request + case.requests * each


PINGS = Alternative(
    name="warm-up pings",
    usd=_usd,
    needs=lambda _: (),
    latency=Latency(MEASURED, "warm requests of this run; a request that finds the environment busy is cold"),
    assumed="a ping at the short end of the keep-alive; AWS may take an environment away at any time",
)
