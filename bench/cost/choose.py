"""Chooses the backends that are shown to meet a latency objective, the cheapest first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.cost.model import Costs
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
    """A backend as measured: request times by visit, infinite for what was censored, failed or not proven."""

    name: str
    cold_ms: Visits
    warm_ms: Visits
    costs: Costs
    answered_share: float | None = None


@dataclass(frozen=True)
class Option:
    """A candidate under a traffic: the share of requests within the limit, and USD a month.

    `within_low` and `within_high` are exact limits; each holds with 95 %. `verdict`: the lower one is above the
    objective (meets), the upper one below it (does not), or neither (undecided).
    """

    name: str
    cold_share: float
    answered_share: float | None
    within: float
    within_low: float
    within_high: float
    meets: bool
    verdict: str
    usd_month: float
    usd_month_interval: tuple[float, float] | None


def weigh(
    candidates: Sequence[Candidate], objective: Objective, requests_month: float, cold_shares: Mapping[str, float]
) -> list[Option]:
    """Every candidate under its share of cold starts; the cheapest that is shown to meet the objective comes first."""
    options = [_option(each, objective, requests_month, cold_shares[each.name]) for each in candidates]

    def rank(option: Option) -> tuple[int, float]:
        return _ORDER.index(option.verdict), option.usd_month if option.meets else -option.within

    return sorted(options, key=rank)


def visits_needed(share: float) -> int | None:
    """How many visits, all within the limit, would show this share; None if no number would."""
    return math.ceil(math.log(1 - CONFIDENCE) / math.log(share)) if share < 1 else None


def _option(candidate: Candidate, objective: Objective, requests_month: float, cold_share: float) -> Option:
    parts = ((candidate.cold_ms, cold_share), (candidate.warm_ms, 1 - cold_share))
    within = sum(weight * _share_within(visits, objective.limit_ms) for visits, weight in parts)
    # The probability of error is divided as the traffic is: a rare part of it needs little proof.
    limits = [_limits(visits, objective.limit_ms, 1 - (1 - CONFIDENCE) * weight) for visits, weight in parts]
    low = sum(weight * found.low for found, (_, weight) in zip(limits, parts, strict=True))
    high = sum(weight * found.high for found, (_, weight) in zip(limits, parts, strict=True))
    verdict = MEETS if low >= objective.share else DOES_NOT if high < objective.share else UNDECIDED
    usd = candidate.costs.month_interval(requests_month, cold_share)
    return Option(
        name=candidate.name,
        cold_share=cold_share,
        answered_share=candidate.answered_share,
        within=within,
        within_low=low,
        within_high=high,
        meets=verdict == MEETS,
        verdict=verdict,
        usd_month=candidate.costs.month(requests_month, cold_share),
        usd_month_interval=(usd.low, usd.high) if usd else None,
    )


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
