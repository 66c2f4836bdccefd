"""What is asked of a load becomes stretches of requests, and a search narrows its rates down."""

from __future__ import annotations

import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.measure.arrivals import Pace
from bench.measure.profiles import WarmUp, parse_ramp, parse_warm_up, ramp, steady, stretches, trace
from bench.measure.search import search
from bench.process.errors import UsageError


def test_a_warm_up_is_a_step_of_its_own_and_takes_nothing_from_the_measured_one() -> None:
    profile = steady(10, 2, "constant", 1)
    (measured,) = stretches("s3", profile, WarmUp(), "constant", 1)
    before, after = stretches("s3", profile, WarmUp(seconds=3), "constant", 1, number=4)
    assert (len(before.due), before.step.warm_up, before.step.number) == (30, True, 4)
    assert (after.due, after.step.number, after.step.warm_up) == (measured.due, 5, False)
    assert stretches("s3", profile, WarmUp(requests=3), "poisson", 1)[0].due == (0.0, 0.1, 0.2)


def test_a_ramp_from_nothing_is_warmed_up_at_its_mean_rate() -> None:
    before, _ = stretches("s3", ramp(Pace(0, 4, 10), "constant", 1), WarmUp(requests=2), "constant", 1)
    assert before.due == (0.0, 0.5)


def test_a_trace_keeps_its_own_times() -> None:
    profile = trace([1_700_000_000.0, 1_700_000_010.0, 1_700_000_004.0], 2)
    assert profile.due == (0.0, 2.0, 5.0)
    assert profile.pace.expected == pytest.approx(3)


@pytest.mark.parametrize("text", ["1..20", "1-20/s:60s", "0..0/s:60s", "1..2/s:0s", "-1..2/s:5s", "1..2/s:60", ""])
def test_a_ramp_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        parse_ramp(text)


@pytest.mark.parametrize("text", ["10m", "-1", "1.5", "s", "", "١"])
def test_a_warm_up_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        parse_warm_up(text)


def test_what_is_asked_is_read() -> None:
    assert parse_ramp("1..20/s:60s") == Pace(1, 20, 60)
    assert parse_warm_up("10s") == WarmUp(seconds=10)
    assert parse_warm_up("7") == WarmUp(requests=7)


def test_too_much_or_nothing_at_all_is_refused() -> None:
    with pytest.raises(UsageError, match="at most 1,000,000"):
        steady(1e6, 1e6, "poisson", 1)
    with pytest.raises(UsageError, match="no request is due"):
        steady(0.001, 1, "constant", 1)
    with pytest.raises(UsageError, match="at most"):
        stretches("s3", steady(10, 2, "constant", 1), WarmUp(requests=10**9), "constant", 1)


@given(st.floats(0.05, 5000), st.floats(0.05, 5000))
def test_a_search_ends_close_to_the_truth(first: float, truth: float) -> None:
    tried: list[float] = []

    def meets(rate: float) -> bool:
        tried.append(rate)
        return rate <= truth

    search(first, meets, most_steps=40)
    good = max((rate for rate in tried if rate <= truth), default=0)
    bad = min((rate for rate in tried if rate > truth), default=float("inf"))
    assert good <= truth < bad
    assert bad / good <= 1.12


def test_a_search_that_never_meets_ends() -> None:
    tried: list[float] = []
    search(5, lambda rate: bool(tried.append(rate)), most_steps=100)
    assert len(tried) < 20
