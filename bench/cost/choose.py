"""Chooses the backends that are shown to meet a latency objective, the cheapest first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.cost.arrivals import Shares
from bench.cost.keep_alive import KeepAlive
from bench.cost.model import Costs
from bench.cost.month import Month, month_of, ready_month, shares_of
from bench.cost.traffic import Traffic
from bench.stats.clusters import Visits
from bench.stats.quantiles import Interval
from bench.stats.special import share_limits

CONFIDENCE = 0.95
MEETS, UNDECIDED, DOES_NOT = "meets", "undecided", "does not"
_ORDER = (MEETS, UNDECIDED, DOES_NOT)
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Objective:
    """At least `share` of the requests answered within `limit_ms`."""

    limit_ms: float
    share: float


@dataclass(frozen=True)
class Candidate:
    """A backend as measured: request times by visit, infinite for what was censored, failed or not proven.

    `crowded_ms` are of cold starts while other requests were under way (bursts); without any, they are taken to be like
    those alone. `agrees`: the verdict on the agreement of its answers with fp32.
    """

    name: str
    cold_ms: Visits
    warm_ms: Visits
    costs: Costs
    crowded_ms: Visits = ()
    answered_share: float | None = None
    agrees: str = MEETS


@dataclass(frozen=True)
class Option:
    """A candidate under a traffic: the share of requests within the limit, and USD a month.

    `within` is at the middle of the keep-alive's range. `within_low` and `within_high` are exact limits over all of it;
    each holds with 95 %. `verdict`: the lower one is above the objective (meets), the upper one below it (does not), or
    neither (undecided); an agreement that is required and not shown makes it worse. `with_one_ready` is the same with
    one environment of provisioned concurrency: priced, its requests taken to be as fast as warm ones, but not measured.
    """

    name: str
    answered_share: float | None
    within: float
    within_low: float
    within_high: float
    verdict: str
    month: Month
    with_one_ready: Option | None = None

    @property
    def meets(self) -> bool:
        """Whether it is shown to meet the objective."""
        return self.verdict == MEETS

    @property
    def cold_share(self) -> float:
        """The share of cold starts, at the middle of the keep-alive's range."""
        return self.month.shares.cold

    @property
    def usd_month(self) -> float:
        """USD a month, likewise."""
        return self.month.usd


def weigh(
    candidates: Sequence[Candidate], objective: Objective, traffic: Traffic, keep_alive: KeepAlive
) -> list[Option]:
    """Every candidate under the traffic; the cheapest that is shown to meet the objective comes first."""

    def rank(option: Option) -> tuple[int, float]:
        return _ORDER.index(option.verdict), option.usd_month if option.meets else -option.within

    return sorted((_option(each, objective, traffic, keep_alive) for each in candidates), key=rank)


def visits_needed(share: float) -> int | None:
    """How many visits, all within the limit, would show this share; None if no number would."""
    return math.ceil(math.log(1 - CONFIDENCE) / math.log(share)) if share < 1 else None


def _option(candidate: Candidate, objective: Objective, traffic: Traffic, keep_alive: KeepAlive) -> Option:
    times = (keep_alive.middle_s, *keep_alive.ends_s)
    on_demand = [shares_of(candidate.costs, traffic, at) for at in times]
    ready = ready_month(candidate.costs, traffic, keep_alive)
    spared = [Shares(0.0, each.crowded, each.first) for each in on_demand]  # one is always there
    with_one_ready = _weighed(candidate, objective, spared, ready, None) if ready else None
    return _weighed(candidate, objective, on_demand, month_of(candidate.costs, traffic, keep_alive), with_one_ready)


def _weighed(
    candidate: Candidate, objective: Objective, shares: Sequence[Shares], month: Month, ready: Option | None
) -> Option:
    middle, *_ = withins = [_within(candidate, objective.limit_ms, each) for each in shares]
    low, high = min(each.low for _, each in withins), max(each.high for _, each in withins)
    in_time = MEETS if low >= objective.share else DOES_NOT if high < objective.share else UNDECIDED
    return Option(
        name=candidate.name,
        answered_share=candidate.answered_share,
        within=middle[0],
        within_low=low,
        within_high=high,
        verdict=max(in_time, candidate.agrees, key=_ORDER.index),
        month=month,
        with_one_ready=ready,
    )


def _within(candidate: Candidate, limit_ms: float, shares: Shares) -> tuple[float, Interval]:
    """The share of the requests within the limit, and its exact limits.

    The probability of error is divided as the traffic is: a rare part of it needs little proof.
    """
    crowded = candidate.crowded_ms or candidate.cold_ms
    parts = ((candidate.cold_ms, shares.alone), (crowded, shares.crowded), (candidate.warm_ms, shares.warm))
    within = sum(weight * _share_within(visits, limit_ms) for visits, weight in parts)
    limits = [(_limits(visits, limit_ms, 1 - (1 - CONFIDENCE) * weight), weight) for visits, weight in parts if weight]
    return within, Interval(sum(w * each.low for each, w in limits), sum(w * each.high for each, w in limits))


def _share_within(visits: Visits, limit: float) -> float:
    """The share of measured requests within the limit. Raises ValueError without any."""
    points = [point for visit in visits for point in visit]
    if not points:
        raise ValueError("a backend without measurements cannot be chosen")
    return sum(point <= limit for point in points) / len(points)


def _limits(visits: Visits, limit: float, confidence: float) -> Interval:
    """Exact binomial limits with visits as the trials: requests of one visit are not independent of each other."""
    within = sum(sum(point <= limit for point in visit) / len(visit) for visit in visits)
    n = len(visits)
    hits, misses = math.floor(within + _ROUNDING), math.floor(n - within + _ROUNDING)
    return Interval(*share_limits(hits, misses, n, confidence))
