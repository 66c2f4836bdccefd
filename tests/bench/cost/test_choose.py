"""The choice under a latency objective: exact limits, bursts, and one environment kept ready."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from bench.cost.choose import (
    DOES_NOT,
    MEETS,
    UNDECIDED,
    Candidate,
    Objective,
    Option,
    visits_needed,
    weigh,
)
from bench.cost.keep_alive import KeepAlive
from bench.cost.model import Costs, Ready
from bench.cost.traffic import STEADY, Trace, Traffic

KEPT = KeepAlive(10, 10, 10, "for a test")
NEVER_COLD = STEADY.at(1e5)
TEN_PERCENT = STEADY.at(-6 * math.log(0.1))  # an hour, so that a tenth finds nothing after 10 minutes
FREE = Costs(0.0, 0.0, 0.0)


def visits_of(*values: float) -> list[list[float]]:
    return [[value] for value in values]


def chosen(candidates: Sequence[Candidate], objective: Objective, traffic: Traffic = TEN_PERCENT) -> list[Option]:
    return weigh(candidates, objective, traffic, KEPT)


def test_the_cheapest_that_meets_the_objective_is_chosen() -> None:
    fast = Candidate("oci", visits_of(*[1000.0] * 200), visits_of(*[50.0] * 200), Costs(0.001, 0.001, 9.0))
    slow = Candidate("efs", visits_of(*[9000.0] * 200), visits_of(*[50.0] * 200), Costs(0.001, 0.001, 1.0))
    never = Candidate("s3", visits_of(*[math.inf] * 200), visits_of(*[50.0] * 200), Costs(0.001, 0.001, 2.0))
    strict = chosen([fast, slow, never], Objective(2000, 0.95))
    assert (strict[0].name, strict[0].meets, strict[1].verdict) == ("oci", True, DOES_NOT)
    assert strict[1].within == pytest.approx(0.9)
    relaxed = chosen([fast, slow, never], Objective(2000, 0.88))
    assert [option.name for option in relaxed] == ["efs", "s3", "oci"]
    assert relaxed[0].usd_month == pytest.approx(1.0 + TEN_PERCENT.per_month * 0.001)


@pytest.mark.parametrize(("visits", "verdict"), [(10, UNDECIDED), (58, UNDECIDED), (59, MEETS)])
def test_ten_visits_without_a_miss_decide_nothing(visits: int, verdict: str) -> None:
    one = Candidate("oci", [[1.0]] * visits, [[1.0] * 6] * visits, FREE)
    (option,) = chosen([one], Objective(2.0, 0.95), NEVER_COLD)
    assert (option.within, option.verdict) == (1.0, verdict)
    assert visits_needed(0.95) == 59
    assert visits_needed(1.0) is None


@given(st.integers(1, 80), st.data())
def test_limits_are_those_of_clopper_and_pearson(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    measured = visits_of(*[1.0] * hits, *[9.0] * (n - hits))
    (option,) = chosen([Candidate("x", measured, measured, FREE)], Objective(5.0, 0.9), NEVER_COLD)
    low = scipy.stats.beta.ppf(0.05, hits, n - hits + 1) if hits else 0.0
    high = scipy.stats.beta.ppf(0.95, hits + 1, n - hits) if hits < n else 1.0
    assert (option.within_low, option.within_high) == pytest.approx((low, high), abs=1e-6)


def test_cold_starts_while_others_are_under_way_are_as_slow_as_in_bursts() -> None:
    burst = Trace("burst", tuple(second for minute in range(60) for second in [minute * 60.0] * 4))
    measured = (visits_of(*[100.0] * 300), visits_of(*[10.0] * 300))
    alone = Candidate("x", *measured, replace(FREE, cold_s=1.0, warm_s=0.1))
    (without,) = chosen([alone], Objective(200, 0.99), burst)
    (with_bursts,) = chosen([replace(alone, crowded_ms=visits_of(*[900.0] * 300))], Objective(200, 0.99), burst)
    crowded = 3 / 240  # the first four together: one finds nothing, three find it busy
    assert without.within == 1.0
    assert with_bursts.within == pytest.approx(1 - crowded)
    assert (without.verdict, with_bursts.verdict) == (UNDECIDED, DOES_NOT)


def test_one_kept_ready_may_meet_what_cold_starts_do_not() -> None:
    costs = Costs(0.01, 0.001, 1.0, ready=Ready(20.0, 0.0005))
    (option,) = chosen([Candidate("x", visits_of(*[900.0] * 99), visits_of(*[10.0] * 99), costs)], Objective(200, 0.95))
    assert (option.verdict, option.with_one_ready and option.with_one_ready.verdict) == (DOES_NOT, MEETS)
    assert option.with_one_ready
    assert option.with_one_ready.usd_month == pytest.approx(21 + TEN_PERCENT.per_month * 0.0005)


def test_a_wide_keep_alive_leaves_undecided_what_depends_on_it() -> None:
    one = Candidate("x", visits_of(*[900.0] * 300), visits_of(*[10.0] * 300), FREE)
    traffic = STEADY.at(20)
    assert weigh([one], Objective(200, 0.9), traffic, KeepAlive(1, 1, 1, ""))[0].verdict == DOES_NOT
    assert weigh([one], Objective(200, 0.9), traffic, KeepAlive(60, 60, 60, ""))[0].verdict == MEETS
    assert weigh([one], Objective(200, 0.9), traffic, KeepAlive(1, 30, 60, ""))[0].verdict == UNDECIDED


@given(st.lists(st.lists(st.sampled_from([1.0, 9.0, math.inf]), min_size=1, max_size=6), min_size=1), st.floats(1, 500))
def test_limits_hold_what_was_measured_and_failures_never_help(visits: list[list[float]], rate: float) -> None:
    def weighed(measured: list[list[float]]) -> Option:
        return chosen([Candidate("x", measured, measured, FREE)], Objective(5.0, 0.9), STEADY.at(rate))[0]

    failed = [[math.inf, *visit[1:]] for visit in visits]
    found, worse = weighed(visits), weighed(failed)
    assert worse.within <= found.within
    assert worse.within_low <= found.within_low + 1e-9
    if len({len(visit) for visit in visits}) == 1:
        assert found.within_low - 1e-9 <= found.within <= found.within_high + 1e-9
