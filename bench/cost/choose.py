"""Which backend meets a latency objective, and which of those is the cheapest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.cost.model import Costs


@dataclass(frozen=True)
class Objective:
    """At least `share` of the requests answered within `limit_ms`."""

    limit_ms: float
    share: float


@dataclass(frozen=True)
class Candidate:
    """A backend as measured. Censored latencies are infinite."""

    name: str
    cold_ms: Sequence[float]
    warm_ms: Sequence[float]
    costs: Costs


@dataclass(frozen=True)
class Option:
    """A candidate under a traffic: the share of requests within the limit, and USD a month."""

    name: str
    cold_share: float
    within: float
    meets: bool
    usd_month: float


def weigh(
    candidates: Sequence[Candidate], objective: Objective, requests_month: float, cold_shares: Mapping[str, float]
) -> list[Option]:
    """Every candidate under its share of cold starts: the cheapest that meets the objective comes first."""
    options = []
    for candidate in candidates:
        cold_share = cold_shares[candidate.name]
        within = cold_share * _share_within(candidate.cold_ms, objective.limit_ms) + (1 - cold_share) * _share_within(
            candidate.warm_ms, objective.limit_ms
        )
        usd = candidate.costs.month(requests_month, cold_share)
        options.append(Option(candidate.name, cold_share, within, within >= objective.share, usd))
    return sorted(options, key=lambda option: (not option.meets, option.usd_month if option.meets else -option.within))


def _share_within(points: Sequence[float], limit: float) -> float:
    """The share of measured points within the limit. Raises ValueError without points."""
    if not points:
        raise ValueError("a backend without measurements cannot be chosen")
    return sum(point <= limit for point in points) / len(points)
