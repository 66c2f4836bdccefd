"""The cost model, worked by hand, and the choice that rests on it."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.cost.choose import Candidate, Objective, weigh
from bench.cost.estimate import estimate
from bench.cost.model import Assumptions, Costs, Usage, break_even, compute_usd, costs
from bench.cost.prices import read_prices
from bench.cost.traffic import poisson_cold_share, trace_cold_share
from bench.errors import UsageError
from bench.plan import Axes, build_plan

PRICES = read_prices()
ASSUMED = Assumptions(stored_bytes=600e6, image_base_bytes=200e6, log_bytes_per_request=1000.0)
PER_REQUEST = 0.0000002 + 0.000001 + 1000e-9 * 0.50  # Lambda, HTTP API, one kB of logs: 0.0000017


def usage(backend: str, **other: object) -> Usage:
    values = {"init_ms": 1500.0, "cold_ms": 500.0, "warm_ms": 40.0, "fetched_bytes": 340e6, **other}
    return Usage(backend, "arm64", 2048, **values)


def test_a_cold_start_on_s3_by_hand() -> None:
    # 2 GB for 2 s at 0.0000133334 are 0.0000533336; 340 MB in parts of 8 MiB are 41 GETs, 0.0000164
    found = costs(usage("s3"), PRICES, ASSUMED)
    assert found.cold_start == pytest.approx(0.0000017 + 0.0000533336 + 0.0000164)
    # warm: 2 GB for 0.04 s are 0.00000106667
    assert found.warm_request == pytest.approx(0.0000017 + 0.000001066672)
    # idle: 0.6 GB at 0.023 and an image of 0.2 GB at 0.10
    assert found.idle_month == pytest.approx(0.0138 + 0.02)


def test_efs_pays_for_reading_and_the_image_for_keeping() -> None:
    efs, oci = (costs(usage(backend), PRICES, ASSUMED) for backend in ("efs", "oci"))
    assert efs.cold_start == pytest.approx(PER_REQUEST + 0.0000533336 + 0.34 * 0.03)
    assert efs.idle_month == pytest.approx(0.6 * 0.30 + 0.02)
    assert oci.cold_start == pytest.approx(PER_REQUEST + 0.0000533336)
    assert oci.idle_month == pytest.approx(0.8 * 0.10)


def test_init_is_billed_and_milliseconds_are_rounded_up() -> None:
    assert compute_usd(usage("oci"), 1.2, PRICES) == pytest.approx(0.002 * 2 * 0.0000133334)
    with_tmp = usage("oci", ephemeral_mb=1536)
    extra = compute_usd(with_tmp, 1000, PRICES) - compute_usd(usage("oci"), 1000, PRICES)
    assert extra == pytest.approx(0.0000000309)


def test_endpoints_cost_by_the_hour() -> None:
    plain = costs(usage("efs"), PRICES, ASSUMED)
    with_two = costs(usage("efs"), PRICES, Assumptions(stored_bytes=600e6, image_base_bytes=200e6, endpoints=2))
    assert with_two.idle_month - plain.idle_month == pytest.approx(2 * 730 * 0.01)


def test_thousands_months_and_break_even_by_hand() -> None:
    a, b = Costs(0.010, 0.001, 1.0), Costs(0.001, 0.001, 4.6)
    assert a.thousand(0.1) == pytest.approx(1.9)
    assert a.month(2000, 0.1) == pytest.approx(1.0 + 3.8)
    # a costs 0.0009 more a request, b 3.60 more a month: 4,000 requests
    assert break_even(a, b, 0.1) == pytest.approx(4000)
    assert break_even(b, a, 0.1) == pytest.approx(4000)
    assert a.month(4000, 0.1) == pytest.approx(b.month(4000, 0.1))
    assert break_even(a, Costs(0.001, 0.001, 0.5), 0.1) is None


def test_prices_can_be_overridden_but_not_invented(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    table = {"region": "eu-west-1", "date": "2026-01-01", "prices": {"s3_get": {"usd": 1.0, "source": "here"}}}
    file.write_text(json.dumps(table))
    prices = read_prices(file)
    assert (prices["s3_get"], prices.region) == (1.0, "eu-west-1")
    assert prices["efs_read_gb"] == PRICES["efs_read_gb"]
    file.write_text(json.dumps({**table, "prices": {"s4_get": {"usd": 1.0, "source": "here"}}}))
    with pytest.raises(UsageError, match="s4_get"):
        read_prices(file)
    file.write_text("[]")
    with pytest.raises(UsageError, match="no price table"):
        read_prices(file)


def test_every_price_has_a_source() -> None:
    assert all(source.startswith("https://aws.amazon.com/") for source in PRICES.sources.values())
    assert set(PRICES.sources) == set(PRICES.usd)


def test_the_estimate_grows_with_the_plan() -> None:
    small = estimate(build_plan(Axes(("s3",), cold=1, warm=0)), PRICES, "arm64")
    assert (small.requests, small.cold_starts) == (2, 2)
    large = estimate(build_plan(Axes(("s3",), cold=10, warm=50, bursts=(4,))), PRICES, "arm64")
    assert large.usd > 5 * small.usd
    assert large.seconds > 5 * small.seconds


@given(st.floats(0.1, 1000), st.floats(1, 3600))
def test_more_traffic_means_fewer_cold_starts(rate: float, keep: float) -> None:
    share = poisson_cold_share(rate, keep)
    assert 0 <= poisson_cold_share(rate * 2, keep) <= share <= 1


def test_the_trace_model_agrees_with_the_poisson_formula() -> None:
    rng, now, arrivals = random.Random(2), 0.0, []
    for _ in range(20_000):
        now += rng.expovariate(6 / 3600)
        arrivals.append(now)
    assert trace_cold_share(arrivals, 600, 0.0, 0.0) == pytest.approx(poisson_cold_share(6, 600), abs=0.01)


def test_a_trace_by_hand() -> None:
    # cold; warm; overlaps the one before: cold; both free, the last used is taken; after a long pause: cold
    assert trace_cold_share([0, 10, 10.5, 20, 2000], 600, cold_s=5, warm_s=1) == 3 / 5
    assert trace_cold_share([0, 0, 0], 600, 1, 1) == 1.0
    with pytest.raises(ValueError, match="at least one"):
        trace_cold_share([], 600, 1, 1)


def test_the_cheapest_that_meets_the_objective_is_chosen() -> None:
    fast = Candidate("oci", [1000.0] * 10, [50.0] * 10, Costs(0.001, 0.001, 9.0))
    slow = Candidate("efs", [9000.0] * 10, [50.0] * 10, Costs(0.001, 0.001, 1.0))
    never = Candidate("s3", [math.inf] * 10, [50.0] * 10, Costs(0.001, 0.001, 2.0))
    shares = dict.fromkeys(("oci", "efs", "s3"), 0.1)
    strict = weigh([fast, slow, never], Objective(2000, 0.95), 1000, shares)
    assert (strict[0].name, strict[0].meets) == ("oci", True)
    assert strict[1].within == pytest.approx(0.9)
    relaxed = weigh([fast, slow, never], Objective(2000, 0.9), 1000, shares)
    assert [option.name for option in relaxed] == ["efs", "s3", "oci"]
    assert relaxed[0].usd_month == pytest.approx(1.0 + 1.0)
