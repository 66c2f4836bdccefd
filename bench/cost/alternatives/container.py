"""Prices a plain container service: Fargate tasks around the clock behind an application load balancer.

It is what ECS Express Mode sets up, which AWS recommends in place of App Runner. That is left out: it has taken no new
customers since 2026-04-30 (docs.aws.amazon.com/apprunner/latest/dg/apprunner-availability-change.html, 2026-11-29).
"""

from __future__ import annotations

import math

from bench.cost.alternatives.alternative import Alternative, Case, Waits
from bench.cost.alternatives.servers import servers, vcpus
from bench.cost.model import HOURS_PER_MONTH, Usage, logs_usd

_VCPUS = (0.25, 0.5, 1, 2, 4, 8, 16)  # of a task, which has at least twice as many GB
_ZONES = 2  # a load balancer has an address in each
_CONNECTIONS_PER_UNIT_HOUR = 25 * 3600


def _needs(usage: Usage) -> tuple[str, ...]:
    task = tuple(f"fargate_{what}_hour_{usage.architecture}" for what in ("vcpu", "gb"))
    return (*task, "load_balancer_hour", "load_balancer_unit_hour", "public_address_hour")


def _usd(case: Case) -> float:
    """Every request opens a connection, which is what a load balancer bills here: an upper bound."""
    usage, prices = case.terms.usage, case.terms.prices
    vcpu, gb, balancer, unit, address = (prices[name] for name in _needs(usage))
    processors = next(each for each in _VCPUS if each >= vcpus(usage.memory_mb))
    memory_gb = max(2 * processors, math.ceil(usage.memory_mb / 1024))
    task = processors * vcpu + memory_gb * gb + address
    fixed = HOURS_PER_MONTH * (servers(case) * task + balancer + _ZONES * address)
    request = unit / _CONNECTIONS_PER_UNIT_HOUR + logs_usd(prices, case.terms.assumptions)
    return case.costs.idle_month + fixed + case.requests * request


CONTAINER = Alternative(
    name="container service (Fargate)",
    usd=_usd,
    needs=_needs,
    waits=Waits(),
    assumed="tasks with the function's memory and processors, around the clock and half busy at most; a load balancer",
)
