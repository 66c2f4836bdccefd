"""The cost model, compared with calculations by hand, and the choice that rests on it."""

from __future__ import annotations

import json
import math
import random
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.cost.choose import DOES_NOT, MEETS, UNDECIDED, Candidate, Objective, Option, visits_needed, weigh
from bench.cost.estimate import estimate
from bench.cost.live import PRODUCTS
from bench.cost.model import Assumptions, Billed, Costs, Usage, break_even, compute_usd, costs
from bench.cost.prices import read_prices
from bench.cost.traffic import poisson_cold_share, trace_cold_share
from bench.process.errors import UsageError
from bench.runs.plan import Axes, build_plan
from contract.storages import STORAGES

PRICES = read_prices()
ASSUMED = Assumptions(stored_bytes=600e6, image_base_bytes=200e6, log_bytes_per_request=1000.0)
GB = 2**30
PER_REQUEST = 0.0000002 + 0.000001 + 1000 / GB * 0.50  # Lambda, HTTP API, one kB of logs: about 0.0000017


def usage(backend: str, ephemeral_mb: int = 512) -> Usage:
    return Usage(backend, "arm64", 2048, ephemeral_mb)


def priced(backend: str, assumed: Assumptions = ASSUMED) -> Costs:
    """Cold starts of 2 s that fetch 340 MB, warm requests of 40 ms."""
    return costs(usage(backend), [[Billed(2000.0, 340e6)]], [[Billed(40.0)]], PRICES, assumed)


def test_a_cold_start_on_s3_by_hand() -> None:
    # 2 GB for 2 s at 0.0000133334 are 0.0000533336; 340 MB are 52 GETs, 0.0000208
    found = priced("s3")
    assert found.cold_start == pytest.approx(PER_REQUEST + 0.0000533336 + 0.0000208)
    # warm: 2 GB for 0.04 s are 0.00000106667
    assert found.warm_request == pytest.approx(PER_REQUEST + 0.000001066672)
    # idle: 0.6 GB at 0.023 and an image of 0.2 GB at 0.10
    assert found.idle_month == pytest.approx((0.6 * 0.023 + 0.2 * 0.10) * 1e9 / GB)


def test_efs_pays_for_reading_and_the_image_for_keeping() -> None:
    efs, oci = (priced(backend) for backend in ("efs", "oci"))
    assert efs.cold_start == pytest.approx(PER_REQUEST + 0.0000533336 + 340e6 / GB * 0.03)
    assert efs.idle_month == pytest.approx((0.6 * 0.30 + 0.02) * 1e9 / GB)
    assert oci.cold_start == pytest.approx(PER_REQUEST + 0.0000533336)
    assert oci.idle_month == pytest.approx(0.8 * 0.10 * 1e9 / GB)


def test_what_is_not_in_the_list_of_storages_has_no_price() -> None:
    with pytest.raises(UsageError, match=r"what tape costs is not known: there is no storage 'tape'"):
        priced("tape")


def test_every_charge_of_a_storage_is_in_the_shipped_table_and_looked_up_live() -> None:
    named = {name for each in STORAGES.values() for name in asdict(each.charges).values() if name}
    assert named <= set(PRICES.usd)
    assert named <= set(PRODUCTS)


def test_init_is_billed_and_milliseconds_are_rounded_up() -> None:
    assert compute_usd(usage("oci"), 1.2, PRICES) == pytest.approx(0.002 * 2 * 0.0000133334)
    with_tmp = usage("oci", ephemeral_mb=1536)
    extra = compute_usd(with_tmp, 1000, PRICES) - compute_usd(usage("oci"), 1000, PRICES)
    assert extra == pytest.approx(0.0000000309)


def test_endpoints_cost_by_the_hour() -> None:
    plain = priced("efs")
    with_two = priced("efs", Assumptions(stored_bytes=600e6, image_base_bytes=200e6, endpoints=2))
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
    with pytest.raises(UsageError, match="not a price table"):
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
    # cold; warm; overlaps the one before: cold; both free, so the last used one is taken; after a long pause: cold
    assert trace_cold_share([0, 10, 10.5, 20, 2000], 600, cold_s=5, warm_s=1) == 3 / 5
    assert trace_cold_share([0, 0, 0], 600, 1, 1) == 1.0
    with pytest.raises(ValueError, match="at least one"):
        trace_cold_share([], 600, 1, 1)


def test_a_bill_is_the_mean_of_all_requests_with_an_interval() -> None:
    visits = [[Billed(10.0)] * 3 + [Billed(400.0)] * 2] * 4 + [[Billed(11.0)] * 3 + [Billed(399.0)] * 2]
    found = costs(usage("oci"), visits, visits, PRICES, ASSUMED)
    milliseconds = (4 * (3 * 10 + 2 * 400) + 3 * 11 + 2 * 399) / 25
    assert found.warm_request == pytest.approx(PER_REQUEST + milliseconds / 1e3 * 2 * 0.0000133334)
    interval = found.month_interval(1000, 0.5)
    assert interval is not None
    assert interval.low < found.month(1000, 0.5) < interval.high
    with pytest.raises(ValueError, match="priced"):
        costs(usage("oci"), [], visits, PRICES, ASSUMED)


def visits_of(*values: float) -> list[list[float]]:
    return [[value] for value in values]


def test_the_cheapest_that_meets_the_objective_is_chosen() -> None:
    fast = Candidate("oci", visits_of(*[1000.0] * 200), visits_of(*[50.0] * 200), Costs(0.001, 0.001, 9.0))
    slow = Candidate("efs", visits_of(*[9000.0] * 200), visits_of(*[50.0] * 200), Costs(0.001, 0.001, 1.0))
    never = Candidate("s3", visits_of(*[math.inf] * 200), visits_of(*[50.0] * 200), Costs(0.001, 0.001, 2.0))
    shares = dict.fromkeys(("oci", "efs", "s3"), 0.1)
    strict = weigh([fast, slow, never], Objective(2000, 0.95), 1000, shares)
    assert (strict[0].name, strict[0].meets, strict[1].verdict) == ("oci", True, DOES_NOT)
    assert strict[1].within == pytest.approx(0.9)
    relaxed = weigh([fast, slow, never], Objective(2000, 0.88), 1000, shares)
    assert [option.name for option in relaxed] == ["efs", "s3", "oci"]
    assert relaxed[0].usd_month == pytest.approx(1.0 + 1.0)


@pytest.mark.parametrize(("visits", "verdict"), [(10, UNDECIDED), (58, UNDECIDED), (59, MEETS)])
def test_ten_visits_without_a_miss_decide_nothing(visits: int, verdict: str) -> None:
    one = Candidate("oci", [[1.0]] * visits, [[1.0] * 6] * visits, Costs(0.0, 0.0, 0.0))
    (option,) = weigh([one], Objective(2.0, 0.95), 1000, {"oci": 0.0})
    assert (option.within, option.verdict) == (1.0, verdict)
    assert visits_needed(0.95) == 59
    assert visits_needed(1.0) is None


@given(st.lists(st.lists(st.sampled_from([1.0, 9.0, math.inf]), min_size=1, max_size=6), min_size=1), st.floats(0, 1))
def test_limits_hold_what_was_measured_and_failures_never_help(visits: list[list[float]], cold: float) -> None:
    def weighed(measured: list[list[float]]) -> Option:
        return weigh([Candidate("x", measured, measured, Costs(0, 0, 0))], Objective(5.0, 0.9), 1, {"x": cold})[0]

    failed = [[math.inf, *visit[1:]] for visit in visits]
    found, worse = weighed(visits), weighed(failed)
    assert worse.within <= found.within
    assert worse.within_low <= found.within_low + 1e-9
    if len({len(visit) for visit in visits}) == 1:
        assert found.within_low - 1e-9 <= found.within <= found.within_high + 1e-9
