"""Computes what a backend costs a month under a traffic. Every figure in dollars a month comes from here."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

from bench.cost.arrivals import Shares, Timing
from bench.cost.keep_alive import KeepAlive
from bench.cost.model import Costs
from bench.cost.traffic import Steady, Traffic
from bench.stats.quantiles import Interval

RATES_PER_HOUR = tuple(10 ** (exponent / 4) for exponent in range(-8, 21))
"""Where costs are drawn and compared: 0.01 to 100,000 requests an hour."""
_HALVINGS = 30
_ALIKE = 0.01


@dataclass(frozen=True)
class Month:
    """USD a month, at the middle of the keep-alive's range.

    `interval` is that of the measured costs, over the whole range of the keep-alive; None where too few visits were
    made. `shares` are those at the middle, `cold_shares` the least and the largest share of cold starts.
    """

    usd: float
    interval: Interval | None
    requests: float
    shares: Shares
    cold_shares: tuple[float, float]


def month_of(costs: Costs, traffic: Traffic, keep_alive: KeepAlive) -> Month:
    """A month on demand."""
    return _month(costs, traffic, keep_alive, _on_demand)


def ready_month(costs: Costs, traffic: Traffic, keep_alive: KeepAlive) -> Month | None:
    """A month with one environment of provisioned concurrency; None where its prices are not known."""
    return _month(costs, traffic, keep_alive, _with_one_ready) if costs.ready else None


def shares_of(costs: Costs, traffic: Traffic, keep_alive_s: float) -> Shares:
    """The shares of cold starts under a traffic."""
    return traffic.shares(Timing(keep_alive_s, costs.cold_s, costs.warm_s))


def usd_at(costs: Costs, traffic: Traffic, keep_alive_s: float) -> float:
    """A month on demand where idle environments stay exactly so long."""
    return _on_demand(costs, shares_of(costs, traffic, keep_alive_s), traffic.per_month)[0]


def interval_at(costs: Costs, traffic: Traffic, keep_alive_s: float) -> Interval | None:
    """The interval of `usd_at` that the measured costs give."""
    return _on_demand(costs, shares_of(costs, traffic, keep_alive_s), traffic.per_month)[1]


def break_evens(a: Costs, b: Costs, traffic: Steady, keep_alive: KeepAlive) -> tuple[float, ...]:
    """The rates in requests an hour at which two cost the same under a traffic of this kind; empty: at none."""

    def usd(costs: Costs, rate: float) -> float:
        return usd_at(costs, traffic.at(rate), keep_alive.middle_s)

    return crossings(lambda rate: usd(a, rate), lambda rate: usd(b, rate))


def ready_break_even(costs: Costs, traffic: Steady, keep_alive: KeepAlive) -> float | None:
    """The least rate from which an environment that is kept ready costs less than its cold starts; None: never."""
    if costs.ready is None:
        return None

    def usd(price: Callable[[Costs, Shares, float], _Priced], rate: float) -> float:
        one = traffic.at(rate)
        return price(costs, shares_of(costs, one, keep_alive.middle_s), one.per_month)[0]

    return next(iter(crossings(lambda rate: usd(_with_one_ready, rate), lambda rate: usd(_on_demand, rate))), None)


_Priced = tuple[float, Interval | None]


def _month(
    costs: Costs, traffic: Traffic, keep_alive: KeepAlive, price: Callable[[Costs, Shares, float], _Priced]
) -> Month:
    found = {at: shares_of(costs, traffic, at) for at in (keep_alive.middle_s, *keep_alive.ends_s)}
    priced = {at: price(costs, shares, traffic.per_month) for at, shares in found.items()}
    intervals = [interval for _, interval in priced.values() if interval]
    colds = [shares.cold for shares in found.values()]
    return Month(
        usd=priced[keep_alive.middle_s][0],
        interval=Interval(min(each.low for each in intervals), max(each.high for each in intervals))
        if len(intervals) == len(priced)
        else None,
        requests=traffic.per_month,
        shares=found[keep_alive.middle_s],
        cold_shares=(min(colds), max(colds)),
    )


def _on_demand(costs: Costs, shares: Shares, requests: float) -> _Priced:
    return _sum(costs, requests * shares.cold, requests * shares.warm, costs.idle_month)


def _with_one_ready(costs: Costs, shares: Shares, requests: float) -> _Priced:
    """What one environment serves is never cold; the rest is on demand."""
    ready = costs.ready
    if ready is None:
        raise ValueError("what is kept ready has no price")
    fixed = costs.idle_month + ready.month + requests * shares.first * ready.request
    return _sum(costs, requests * shares.crowded, requests * max(0.0, 1 - shares.first - shares.crowded), fixed)


def _sum(costs: Costs, colds: float, warms: float, fixed: float) -> _Priced:
    """Cold starts and warm requests are measured apart, so the squares of their errors add."""
    usd = fixed + colds * costs.cold_start + warms * costs.warm_request
    cold, warm = costs.cold_start_interval, costs.warm_request_interval
    if cold is None or warm is None:
        return usd, None
    below = math.hypot(colds * (costs.cold_start - cold.low), warms * (costs.warm_request - warm.low))
    above = math.hypot(colds * (cold.high - costs.cold_start), warms * (warm.high - costs.warm_request))
    return usd, Interval(max(fixed, usd - below), usd + above)


def crossings(a: Callable[[float], float], b: Callable[[float], float]) -> tuple[float, ...]:
    """The rates at which the cheaper of two becomes the dearer; where they differ by less than 1 %, neither is."""
    signs = [
        (rate, math.copysign(1, x - y)) for rate in RATES_PER_HOUR if abs((x := a(rate)) - (y := b(rate))) > _ALIKE * x
    ]
    changes = [(low, high) for (low, at_low), (high, at_high) in itertools.pairwise(signs) if at_low != at_high]
    return tuple(_crossing(lambda rate: a(rate) - b(rate), low, high) for low, high in changes)


def _crossing(difference: Callable[[float], float], low: float, high: float) -> float:
    at_low = difference(low)
    for _ in range(_HALVINGS):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if difference(middle) * at_low > 0 else (low, middle)
    return math.sqrt(low * high)
