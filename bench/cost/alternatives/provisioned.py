"""Prices provisioned concurrency: one environment is always kept ready, and requests beyond it are on demand."""

from __future__ import annotations

from bench.cost.alternatives.alternative import Alternative, Case, Waits
from bench.cost.model import Usage
from bench.cost.month import ready_month


def _usd(case: Case) -> float:
    month = ready_month(case.costs, case.traffic, case.keep_alive)
    if month is None:
        raise ValueError("what is kept ready has no price")
    return month.usd


def _needs(usage: Usage) -> tuple[str, ...]:
    return tuple(f"lambda_provisioned{what}_gb_second_{usage.architecture}" for what in ("", "_used"))


PROVISIONED = Alternative(
    name="provisioned concurrency",
    usd=_usd,
    needs=_needs,
    waits=Waits(ready=True),
    assumed="one environment is kept ready; requests that find it busy are on demand",
)
