"""Prices warm-up pings: a schedule calls the function so often that one environment is never idle for too long."""

from __future__ import annotations

from bench.cost.alternatives.alternative import Alternative, Case, Waits
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
    waits=Waits(cold=True, warm=True),
    assumed="a ping, as dear as a warm request, after the shortest keep-alive; who finds the environment busy is cold",
)
