"""Says what a variant that may be recommended makes of a traffic: how long requests wait, and what a month costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.cost.model import Costs
from bench.cost.month import interval_at, shares_of, usd_at
from bench.cost.traffic import Traffic
from bench.report.deciding import Rival
from bench.runs.plan import Variant


@dataclass(frozen=True)
class Entrant:
    """A variant that may be recommended: medians in ms, also by round, and its costs with intervals of 99 %."""

    variant: Variant
    name: str
    cold_ms: float
    warm_ms: float
    cold_rounds: Mapping[int, float]
    warm_rounds: Mapping[int, float]
    costs: Costs

    def wait_ms(self, traffic: Traffic, keep_alive_s: float) -> float:
        """What a typical request waits under a traffic."""
        cold = shares_of(self.costs, traffic, keep_alive_s).cold
        return cold * self.cold_ms + (1 - cold) * self.warm_ms

    def rival(self, traffic: Traffic, keep_alive_s: float) -> Rival:
        """The variant under a traffic."""
        cold = shares_of(self.costs, traffic, keep_alive_s).cold
        shared = self.cold_rounds.keys() & self.warm_rounds.keys()
        return Rival(
            name=self.name,
            waits_ms={
                number: cold * self.cold_rounds[number] + (1 - cold) * self.warm_rounds[number] for number in shared
            },
            wait_ms=self.wait_ms(traffic, keep_alive_s),
            cold_ms=self.cold_ms,
            usd=usd_at(self.costs, traffic, keep_alive_s),
            usd_interval=interval_at(self.costs, traffic, keep_alive_s),
        )
