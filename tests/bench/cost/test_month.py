"""A month under a traffic, by hand; where two cost the same; and what one environment kept ready saves."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.cost.keep_alive import KeepAlive
from bench.cost.model import Costs, Ready
from bench.cost.month import break_evens, month_of, ready_break_even, ready_month, usd_at
from bench.cost.traffic import RARE, STEADY, Trace
from bench.stats.quantiles import Interval

KEPT = KeepAlive(5, 10, 60, "for a test")
COSTS = Costs(0.010, 0.001, 1.0)  # requests take no time, so none overlap


def test_a_month_by_hand() -> None:
    # 730 requests, an hour apart on average: exp(-10 / 60) of them find nothing after 10 minutes
    cold = math.exp(-10 / 60)
    found = month_of(COSTS, RARE, KEPT)
    assert found.usd == pytest.approx(1.0 + 730 * (cold * 0.010 + (1 - cold) * 0.001))
    assert found.cold_shares == pytest.approx((math.exp(-1), math.exp(-5 / 60)))
    assert found.requests == 730
    assert found.interval is None
    assert usd_at(COSTS, RARE, 600) == found.usd


def test_a_trace_is_billed_by_its_own_cold_starts() -> None:
    # 3 arrivals in 2 hours are 730 a month; with 10 minutes all are cold, with an hour two of three
    trace = Trace("three", (0.0, 1800.0, 7200.0))
    found = month_of(COSTS, trace, KEPT)
    assert found.usd == pytest.approx(1.0 + 730 * 0.010)
    assert found.cold_shares == pytest.approx((2 / 3, 1))


def test_the_interval_is_that_of_the_costs_over_the_whole_range_of_the_keep_alive() -> None:
    known = replace(COSTS, cold_start_interval=Interval(0.008, 0.013), warm_request_interval=Interval(0.0009, 0.0012))
    found = month_of(known, RARE, KEPT)
    assert found.interval is not None
    least, most = math.exp(-1), math.exp(-5 / 60)
    low = 1 + 730 * (least * 0.010 + (1 - least) * 0.001 - math.hypot(least * 0.002, (1 - least) * 0.0001))
    high = 1 + 730 * (most * 0.010 + (1 - most) * 0.001 + math.hypot(most * 0.003, (1 - most) * 0.0002))
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high))


def test_break_even_by_hand() -> None:
    # one costs 0.09 a cold start and nothing idle, the other 1.00 idle and nothing else: 11.1 cold starts a month
    a, b = Costs(0.09, 0.0, 0.0), Costs(0.0, 0.0, 1.0)
    (rate, *more) = break_evens(a, b, STEADY, KEPT)
    assert rate * 730 * math.exp(-rate / 6) == pytest.approx(1 / 0.09, rel=1e-4)
    # with more traffic nothing is cold any more, and the first is the cheaper one again
    assert len(more) == 1
    assert break_evens(b, a, STEADY, KEPT) == pytest.approx((rate, *more))
    assert break_evens(a, replace(a, idle_month=0.5), STEADY, KEPT) == ()
    assert break_evens(a, a, STEADY, KEPT) == ()


def test_an_environment_kept_ready_by_hand() -> None:
    kept = replace(COSTS, ready=Ready(month=2.0, request=0.0005))
    found = ready_month(kept, RARE, KEPT)
    assert found is not None
    assert found.usd == pytest.approx(1.0 + 2.0 + 730 * 0.0005)  # it serves all of them
    assert ready_month(COSTS, RARE, KEPT) is None
    # it pays when the cold starts and the dearer requests together cost 2.00
    rate = ready_break_even(kept, STEADY, KEPT)
    assert rate is not None
    cold = math.exp(-rate / 6)
    assert 730 * rate * (cold * 0.010 + (1 - cold) * 0.001 - 0.0005) == pytest.approx(2.0, rel=1e-4)
    assert ready_break_even(COSTS, STEADY, KEPT) is None


@given(st.floats(0.01, 1e5), st.floats(0, 0.1), st.floats(0, 0.01), st.floats(0, 10))
def test_more_requests_never_cost_less_than_none(rate: float, cold: float, warm: float, idle: float) -> None:
    month = month_of(Costs(cold + warm, warm, idle, 2.0, 0.05), STEADY.at(rate), KEPT)
    assert month.usd >= idle
    assert month.usd == pytest.approx(
        idle + month.requests * (month.shares.cold * (cold + warm) + month.shares.warm * warm)
    )
