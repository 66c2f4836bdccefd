"""The expected cost is the benchmark's own arithmetic, and grows with what is done."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.cost.estimate import estimate
from bench.cost.prices import read_prices
from bench.runs.plan import build_plan
from tools.e2e import cost

PRICES = read_prices()
BACKENDS = ("efs", "s3", "oci")


def test_the_benchmark_is_the_one_that_is_run() -> None:
    expected = cost.expect(BACKENDS, 3, PRICES)

    assert expected.benchmark == estimate(build_plan(cost.axes(BACKENDS)), PRICES, "x86_64").usd
    assert expected.total == pytest.approx(expected.benchmark + expected.requests + expected.storage)


@given(st.lists(st.sampled_from(BACKENDS), min_size=1, unique=True), st.integers(0, 50))
def test_more_requests_and_more_backends_cost_more(backends: list[str], asked: int) -> None:
    one = cost.expect(backends, asked, PRICES)
    more = cost.expect(backends, asked + 1, PRICES)

    assert more.requests > one.requests
    assert more.storage == one.storage
    if len(backends) < len(BACKENDS):
        assert cost.expect(BACKENDS, asked, PRICES).total > one.total


def test_what_is_not_counted_is_said() -> None:
    said = cost.described(cost.expect(BACKENDS, 3, PRICES), PRICES)
    assert said.startswith("expected to cost $0.")
    assert "not counted: writes to EFS" in said
