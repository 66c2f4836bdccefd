"""Prices every alternative for a function: a month under each traffic, and where it costs less than on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.cost.alternatives import ALTERNATIVES
from bench.cost.alternatives.alternative import Alternative, Case, Latency
from bench.cost.alternatives.on_demand import ON_DEMAND
from bench.cost.keep_alive import KeepAlive
from bench.cost.model import Costs
from bench.cost.month import RATES_PER_HOUR, crossings
from bench.cost.traffic import STEADY, Traffic


@dataclass(frozen=True)
class Stretch:
    """Requests an hour from `low` to `high`; None: as few, or as many, as are looked at."""

    low: float | None
    high: float | None


@dataclass(frozen=True)
class Quote:
    """An alternative for one function.

    `months_usd` are of the traffics asked for, in their order, and `cheaper` the rates, at random around the clock, at
    which it costs less than on demand. `missing` says why it has no price, if so.
    """

    name: str
    latency: Latency
    assumed: str
    months_usd: tuple[float | None, ...]
    cheaper: tuple[Stretch, ...]
    missing: str | None


def quotes(costs: Costs, traffics: Sequence[Traffic], keep_alive: KeepAlive) -> tuple[Quote, ...]:
    """Every alternative in the order of the list; none for costs without terms."""
    return tuple(_quote(each, costs, traffics, keep_alive) for each in ALTERNATIVES) if costs.terms else ()


def _quote(each: Alternative, costs: Costs, traffics: Sequence[Traffic], keep_alive: KeepAlive) -> Quote:
    missing, terms = _missing(each, costs), costs.terms
    if missing or terms is None:
        return Quote(each.name, each.latency, each.assumed, (None,) * len(traffics), (), missing)
    months = tuple(each.usd(Case(costs, terms, traffic, keep_alive)) for traffic in traffics)
    return Quote(each.name, each.latency, each.assumed, months, _cheaper(each, costs, keep_alive), None)


def _missing(each: Alternative, costs: Costs) -> str | None:
    if costs.terms is None:
        return None
    usage, known = costs.terms.usage, costs.terms.prices.usd
    unpriced = [name for name in each.needs(usage) if name not in known]
    return f"no price recorded: {', '.join(unpriced)}" if unpriced else each.barred(usage)


def _cheaper(each: Alternative, costs: Costs, keep_alive: KeepAlive) -> tuple[Stretch, ...]:
    if each is ON_DEMAND or costs.terms is None:
        return ()
    terms = costs.terms

    def usd(way: Alternative, rate: float) -> float:
        return way.usd(Case(costs, terms, STEADY.at(rate), keep_alive))

    ends = crossings(lambda rate: usd(each, rate), lambda rate: usd(ON_DEMAND, rate))
    bounds = [RATES_PER_HOUR[0], *ends, RATES_PER_HOUR[-1]]
    found = []
    for number in range(len(bounds) - 1):
        low, high = bounds[number], bounds[number + 1]
        inside = (low * high) ** 0.5
        if usd(each, inside) < usd(ON_DEMAND, inside):
            found.append(Stretch(low if number else None, high if number + 2 < len(bounds) else None))
    return tuple(found)
