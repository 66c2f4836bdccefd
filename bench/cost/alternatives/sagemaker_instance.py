"""Prices a SageMaker instance that the first request starts, and that is stopped when it was idle for a while."""

from __future__ import annotations

from bench.cost.alternatives.alternative import Alternative, Case, Waits
from bench.cost.alternatives.servers import larges, servers
from bench.cost.model import logs_usd

STOP_AFTER_S = 900.0


def _usd(case: Case) -> float:
    prices = case.terms.prices
    hour = larges(case.terms.usage.memory_mb) * prices["sagemaker_large_hour"]
    hours = case.requests * case.traffic.up_s(STOP_AFTER_S) / 3600
    logs = case.requests * logs_usd(prices, case.terms.assumptions)
    return case.costs.idle_month + servers(case) * hours * hour + logs


SAGEMAKER_INSTANCE = Alternative(
    name="SageMaker instance, stopped when idle",
    usd=_usd,
    needs=lambda _: ("sagemaker_large_hour",),
    waits=Waits(),
    assumed=f"x86; stopped after {STOP_AFTER_S / 60:g} minutes without a request; its minutes of starting are left out",
)
