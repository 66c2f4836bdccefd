"""Quantiles and intervals, compared with numpy, scipy and brute force."""

from __future__ import annotations

import math
import random

import numpy
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from bench.stats.quantiles import SMALLEST_N, quantile, quantile_interval, stated_quantile

POINTS = st.lists(st.floats(0.1, 1e6), min_size=1, max_size=80)


@given(POINTS, st.sampled_from([0.05, 0.5, 0.95, 0.99]))
def test_quantiles_are_numpys(points: list[float], p: float) -> None:
    assert quantile(points, p) == pytest.approx(numpy.quantile(points, p))


@given(POINTS)
def test_the_interval_lies_between_exact_order_statistics_and_holds_the_median(points: list[float]) -> None:
    interval = quantile_interval(points)
    if len(points) < 6:  # 2 * 0.5**5 > 0.05
        assert interval is None
        return
    assert interval is not None
    exact = scipy.stats.quantile_test(points, p=0.5).confidence_interval(0.95)
    assert exact.low <= interval.low <= quantile(points, 0.5) <= interval.high <= exact.high


@pytest.mark.parametrize("p", [0.5, 0.95])
@pytest.mark.parametrize("n", [11, 30, 75])
def test_intervals_cover_the_truth_as_often_as_they_say(n: int, p: float) -> None:
    if p == 0.95 and n < 75:
        assert quantile_interval(range(n), p) is None
        return
    rng, runs = random.Random(n), 4000
    truth = scipy.stats.expon.ppf(p)
    hits = 0
    for _ in range(runs):
        interval = quantile_interval([rng.expovariate(1) for _ in range(n)], p)
        assert interval is not None
        hits += interval.low <= truth <= interval.high
    assert 0.93 <= hits / runs <= 0.97


def test_percentiles_are_withheld_where_the_largest_point_may_lie_below_them() -> None:
    for p in (0.95, 0.99):
        smallest = SMALLEST_N[p]
        assert 1 - p**smallest >= 0.95 > 1 - p ** (smallest - 1)
        assert stated_quantile(range(smallest), p) is not None
        assert stated_quantile(range(smallest - 1), p) is None


def test_censored_points_are_longer_than_everything() -> None:
    points = [1.0, 2.0, 3.0, math.inf, math.inf]
    assert quantile(points, 0.5) == 3.0
    assert quantile([*points, math.inf], 0.5) == math.inf
    interval = quantile_interval([1.0] * 8 + [math.inf] * 2)
    assert interval is not None
    assert interval.low == 1.0
    assert interval.high == math.inf


def test_no_points_no_quantile() -> None:
    with pytest.raises(ValueError, match="no points"):
        quantile([], 0.5)
    assert stated_quantile([], 0.5) is None
