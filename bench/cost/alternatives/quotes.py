"""Prices every alternative for a function: a month under each traffic, and where it costs less than on demand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.cost.alternatives import ALTERNATIVES
from bench.cost.alternatives.alternative import Alternative, Case
from bench.cost.alternatives.on_demand import ON_DEMAND
from bench.cost.keep_alive import KeepAlive
from bench.cost.model import Costs, Terms
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
    which it costs less than on demand: their ends are the break-evens. `missing` says why it has no price, if so.
    """

    way: Alternative
    months_usd: tuple[float, ...]
    cheaper: tuple[Stretch, ...]
    missing: str | None = None


def quotes(costs: Costs, traffics: Sequence[Traffic], keep_alive: KeepAlive) -> tuple[Quote, ...]:
    """Every alternative in the order of the list; none for costs without terms."""
    terms = costs.terms
    return tuple(_quote(each, costs, terms, traffics, keep_alive) for each in ALTERNATIVES) if terms else ()


def _quote(way: Alternative, costs: Costs, terms: Terms, traffics: Sequence[Traffic], keep_alive: KeepAlive) -> Quote:
    missing = _missing(way, terms)
    if missing:
        return Quote(way, (), (), missing)

    def usd(each: Alternative, traffic: Traffic) -> float:
        return each.usd(Case(costs, terms, traffic, keep_alive))

    def dearer(rate: float) -> float:
        return usd(way, STEADY.at(rate)) - usd(ON_DEMAND, STEADY.at(rate))

    evens = crossings(lambda rate: usd(way, STEADY.at(rate)), lambda rate: usd(ON_DEMAND, STEADY.at(rate)))
    bounds = [RATES_PER_HOUR[0], *evens, RATES_PER_HOUR[-1]]
    cheaper = tuple(
        Stretch(low if low in evens else None, high if high in evens else None)
        for low, high in itertools.pairwise(bounds)
        if dearer(math.sqrt(low * high)) < 0
    )
    return Quote(way, tuple(usd(way, traffic) for traffic in traffics), cheaper)


def _missing(way: Alternative, terms: Terms) -> str | None:
    unpriced = [name for name in way.needs(terms.usage) if name not in terms.prices.usd]
    return f"no price of {', '.join(unpriced)}" if unpriced else way.barred(terms.usage)
