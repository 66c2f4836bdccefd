"""Prices the function as it was measured."""

from __future__ import annotations

from bench.cost.alternatives.alternative import Alternative, Case, Waits
from bench.cost.month import month_of


def _usd(case: Case) -> float:
    return month_of(case.costs, case.traffic, case.keep_alive).usd


ON_DEMAND = Alternative(
    name="on demand",
    usd=_usd,
    needs=lambda _: (),
    waits=Waits(cold=True, warm=True),
    assumed="as measured",
)
