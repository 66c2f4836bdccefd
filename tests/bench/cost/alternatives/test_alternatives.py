"""Each alternative's month compared with a calculation by hand, and where it costs less than on demand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.cost.alternatives import ALTERNATIVES
from bench.cost.alternatives.alternative import Alternative, Case
from bench.cost.alternatives.container import CONTAINER
from bench.cost.alternatives.managed_instances import MANAGED_INSTANCES
from bench.cost.alternatives.on_demand import ON_DEMAND
from bench.cost.alternatives.pings import PINGS
from bench.cost.alternatives.provisioned import PROVISIONED
from bench.cost.alternatives.quotes import Quote, quotes
from bench.cost.alternatives.sagemaker_instance import SAGEMAKER_INSTANCE
from bench.cost.alternatives.sagemaker_serverless import SAGEMAKER_SERVERLESS
from bench.cost.alternatives.snapshot import SNAPSHOT
from bench.cost.keep_alive import KeepAlive
from bench.cost.model import Assumptions, Billed, Costs, Ready, Terms, Usage, costs
from bench.cost.month import month_of
from bench.cost.prices import read_prices
from bench.cost.traffic import RARE, STEADY, Office, Trace, Traffic
from published.read import number

KEPT = KeepAlive(5, 10, 60, "for a test")
PRICES, ASSUMED = read_prices(), Assumptions(log_bytes_per_request=2**30 / 1e6)  # a log line costs 0.0000005
USAGE = Usage("oci", "arm64", 2048, stored_bytes=2**30)
HOURLY = STEADY.at(1)
COLD_HOURLY = math.exp(-10 / 60)  # of requests an hour apart on average, after an idle 10 minutes
# requests that take no time, so none finds another under way
COSTS = Costs(0.010, 0.001, 1.0, ready=Ready(17.5, 0.0005), terms=Terms(USAGE, PRICES, ASSUMED))
BUSY = replace(COSTS, cold_s=2.0, warm_s=0.5)
WITHOUT_COLD = (PROVISIONED, PINGS, MANAGED_INSTANCES, SAGEMAKER_SERVERLESS, SAGEMAKER_INSTANCE, CONTAINER)


def measured(usage: Usage = USAGE) -> Costs:
    """Cold starts of 2 s, warm requests of 100 ms."""
    return costs(usage, [[Billed(2000.0)]], [[Billed(100.0)]], PRICES, ASSUMED)


def usd(way: Alternative, found: Costs, traffic: Traffic) -> float:
    assert found.terms
    return way.usd(Case(found, found.terms, traffic, KEPT))


def quote(way: Alternative, found: Costs, *traffics: Traffic) -> Quote:
    return next(each for each in quotes(found, traffics, KEPT) if each.way is way)


def test_on_demand_is_the_month_that_is_shown_everywhere() -> None:
    for traffic in (RARE, Office("office", 60), STEADY, Trace("two", (0.0, 9.0, 4000.0))):
        assert usd(ON_DEMAND, measured(), traffic) == month_of(measured(), traffic, KEPT).usd


def test_provisioned_concurrency_by_hand() -> None:
    # 2 GB kept for 730 h at 0.0000033334 are 17.52; each of 730 requests: Lambda 0.0000002, the API 0.000001, logs
    # 0.0000005, and 2 GB for 0.1 s at 0.0000077778
    kept, request = 2 * 730 * 3600 * 0.0000033334, 0.0000017 + 2 * 0.1 * 0.0000077778
    served = 1 / (1 + 0.1 / 3600)  # the others find it busy, and start cold
    found = usd(PROVISIONED, measured(), HOURLY) - measured().idle_month
    assert found == pytest.approx(kept + 730 * served * request, rel=1e-5)


def test_a_snapshot_by_hand() -> None:
    # 2 GB in the cache for 730 h at 0.0000015046 are 7.91; a restore of 2 GB at 0.0001397998 is 0.00028
    cache, restore = 2 * 730 * 3600 * 0.0000015046, 2 * 0.0001397998
    assert usd(SNAPSHOT, COSTS, HOURLY) == pytest.approx(1.0 + cache + 730 * (COLD_HOURLY * restore + 0.001))


def test_pings_by_hand() -> None:
    # one every 5 minutes: 12 an hour for 730 h, each as dear as a warm request, and so is each of 730 requests
    assert usd(PINGS, COSTS, HOURLY) == pytest.approx(1.0 + 12 * 730 * 0.001 + 730 * 0.001)
    # of a trace whose second request of four finds the first under way, a quarter starts cold
    trace = Trace("four", (0.0, 0.4, 100.0, 200.0))
    assert usd(PINGS, BUSY, trace) == pytest.approx(
        1.0 + 12 * 730 * 0.001 + trace.per_month * (0.25 * 0.010 + 0.75 * 0.001)
    )


def test_managed_instances_by_hand() -> None:
    # three m7g.large at 0.0816 and 15 % for 730 h; 0.0000017 a request beside
    fleet = 3 * 0.0816 * 1.15 * 730
    assert usd(MANAGED_INSTANCES, COSTS, HOURLY) == pytest.approx(1.0 + fleet + 730 * 0.0000017)
    # 16 requests a second of 0.5 s keep 8 busy; half busy that is 16
    assert usd(MANAGED_INSTANCES, BUSY, STEADY.at(16 * 3600)) == pytest.approx(
        1.0 + 16 * 0.0816 * 1.15 * 730 + 730 * 16 * 3600 * 0.0000017
    )
    # 10,240 MB have 5.8 processors and 10 GB: an instance of 8 and 32, as dear as four of 2 and 8; x86 at 0.1008
    large = replace(COSTS, terms=Terms(replace(USAGE, architecture="x86_64", memory_mb=10240), PRICES, ASSUMED))
    assert usd(MANAGED_INSTANCES, large, HOURLY) == pytest.approx(1.0 + 4 * 3 * 0.1008 * 1.15 * 730 + 730 * 0.0000017)


def test_sagemaker_serverless_by_hand() -> None:
    # 2 GB at 0.00002 for 0.5 s, and 0.0000005 of logs; 2,049 MB are billed as 3 GB
    assert usd(SAGEMAKER_SERVERLESS, BUSY, HOURLY) == pytest.approx(1.0 + 730 * (2 * 0.00002 * 0.5 + 0.0000005))
    more = replace(BUSY, terms=Terms(replace(USAGE, memory_mb=2049), PRICES, ASSUMED))
    assert usd(SAGEMAKER_SERVERLESS, more, HOURLY) == pytest.approx(1.0 + 730 * (3 * 0.00002 * 0.5 + 0.0000005))


def test_a_sagemaker_instance_by_hand() -> None:
    # ml.m5.large at 0.115; one request an hour keeps it up for the next 15 minutes, or to the next: 3600 s *
    # (1 - exp(-1/4)) on average, so it is up for 1 - exp(-1/4) = 22 % of 730 h
    up = 730 * (1 - math.exp(-0.25))
    assert usd(SAGEMAKER_INSTANCE, COSTS, HOURLY) == pytest.approx(1.0 + 0.115 * up + 730 * 0.0000005)
    # arrivals at 0, 10 and 110 minutes: up for 10, 15 and 15 of 110 minutes, which is a month of 730 h
    trace = Trace("three", (0.0, 600.0, 6600.0))
    share = 2 / 3 * 40 / 110  # its rate counts two of the three arrivals
    assert usd(SAGEMAKER_INSTANCE, COSTS, trace) == pytest.approx(
        1.0 + 0.115 * 730 * share + trace.per_month * 0.0000005
    )


def test_a_container_service_by_hand() -> None:
    # 2,048 MB have 1.16 processors: a task of 2 at 0.03238 and 4 GB at 0.00356, with an address at 0.005; a load
    # balancer at 0.0225 and two addresses; a request is a connection, 25 a second fill a unit at 0.008
    hour = 2 * 0.03238 + 4 * 0.00356 + 0.005 + 0.0225 + 2 * 0.005
    request = 0.008 / (25 * 3600) + 0.0000005
    assert usd(CONTAINER, COSTS, HOURLY) == pytest.approx(1.0 + 730 * hour + 730 * request)
    assert 1 < 2048 / number("mb-per-vcpu").value < 2
    # x86 at 0.04048 and 0.004445; 512 MB: half a processor and 1 GB
    small = replace(COSTS, terms=Terms(replace(USAGE, architecture="x86_64", memory_mb=512), PRICES, ASSUMED))
    hour = 0.5 * 0.04048 + 1 * 0.004445 + 0.005 + 0.0225 + 2 * 0.005
    assert usd(CONTAINER, small, HOURLY) == pytest.approx(1.0 + 730 * hour + 730 * request)


def test_what_cannot_be_run_so_or_has_no_price_is_left_out_by_name() -> None:
    usages = {"efs": "SnapStart does not mount file systems", "s3files": "SnapStart does not mount file systems"}
    for backend, why in usages.items():
        assert quote(SNAPSHOT, measured(replace(USAGE, backend=backend)), RARE).missing == why
    assert quote(SNAPSHOT, measured(replace(USAGE, backend="s3")), RARE).missing is None
    with_tmp = measured(replace(USAGE, backend="s3", ephemeral_mb=1024))
    assert quote(SNAPSHOT, with_tmp, RARE).missing == (
        "SnapStart has at most 512 MB of /tmp (deployed by snapStart, it needs no more)"
    )
    large = measured(replace(USAGE, memory_mb=8192))
    assert quote(SAGEMAKER_SERVERLESS, large, RARE).missing == "it has at most 6 GB"
    older = replace(PRICES, usd={name: price for name, price in PRICES.usd.items() if "fargate" not in name})
    found = quote(CONTAINER, replace(COSTS, terms=Terms(USAGE, older, ASSUMED)), RARE)
    assert found.missing == "no price of fargate_vcpu_hour_arm64, fargate_gb_hour_arm64"
    assert (found.months_usd, found.cheaper) == ((), ())
    assert quotes(replace(COSTS, terms=None), (RARE,), KEPT) == ()


def test_every_price_that_is_needed_is_known() -> None:
    for architecture in ("arm64", "x86_64"):
        usage = replace(USAGE, architecture=architecture)
        assert {name for way in ALTERNATIVES for name in way.needs(usage)} <= set(PRICES.usd)


def test_pings_break_even_by_hand() -> None:
    # with warm requests at 0.01, 8,760 pings are 87.60: as much as cold starts at r * 730 * exp(-r / 6) * 0.99
    (stretch,) = quote(PINGS, replace(COSTS, cold_start=1.0, warm_request=0.01), RARE).cheaper
    for rate in (stretch.low, stretch.high):
        assert rate is not None
        assert rate * 730 * math.exp(-rate / 6) * 0.99 == pytest.approx(87.60, rel=1e-4)


@settings(max_examples=15)
@given(st.floats(0.0001, 1), st.floats(0.0000001, 0.0001), st.floats(0, 5), st.floats(0.1, 20), st.floats(0.01, 0.09))
def test_break_evens_are_where_both_cost_the_same(
    cold: float, warm: float, idle: float, cold_s: float, part: float
) -> None:
    """Where the number of servers jumps, the cheaper one becomes the dearer there."""
    found = replace(COSTS, cold_start=cold + warm, warm_request=warm, idle_month=idle, cold_s=cold_s, warm_s=part)
    for each in quotes(found, (), KEPT):
        ends = [end for stretch in each.cheaper for end in (stretch.low, stretch.high) if end is not None]
        for rate in ends:
            below, at, above = (
                usd(each.way, found, STEADY.at(near)) - usd(ON_DEMAND, found, STEADY.at(near))
                for near in (rate * (1 - 1e-6), rate, rate * (1 + 1e-6))
            )
            assert below * above <= 0 or abs(at) < 1e-5 * usd(ON_DEMAND, found, STEADY.at(rate))


@settings(max_examples=40)
@given(st.sampled_from(WITHOUT_COLD), st.floats(0.01, 5e4), st.floats(1, 100), st.floats(0.01, 0.2))
def test_more_traffic_never_costs_less(way: Alternative, rate: float, more: float, seconds: float) -> None:
    """Of ways whose environments do not go: on demand, fewer requests may start cold more often, and cost more."""
    found = replace(measured(), warm_s=seconds, cold_s=2 * seconds)
    less = usd(way, found, STEADY.at(rate))
    assert usd(way, found, STEADY.at(rate * more)) >= less * (1 - 1e-9) >= found.idle_month * (1 - 1e-8)


def test_on_demand_more_traffic_may_cost_less() -> None:
    # 6 requests an hour find nothing after 10 idle minutes in exp(-1) of cases, 60 in exp(-10)
    assert usd(ON_DEMAND, replace(COSTS, warm_request=0.0), STEADY.at(60)) < usd(
        ON_DEMAND, replace(COSTS, warm_request=0.0), STEADY.at(6)
    )
