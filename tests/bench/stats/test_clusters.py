"""Intervals over visits: coverage by simulation, drift compared with scipy, and properties that always hold."""

from __future__ import annotations

import math

import numpy
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from bench.stats.clusters import mean_interval, median_interval, ratio_interval
from bench.stats.quantiles import quantile
from bench.stats.trend import trend
from tests.bench.support.coverage import (
    PROCESSES,
    TRUTH_MS,
    Bimodal,
    Process,
    false_alarms,
    mean_coverage,
    median_coverage,
)

LATENCY = st.floats(1, 1e5) | st.just(math.inf)


@pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.name)
def test_median_intervals_cover_the_truth_whatever_visits_have_in_common(process: Process) -> None:
    held = median_coverage(process.draw, TRUTH_MS, 600, seed=1)
    assert (0.90 if process.phi == 0.9 else 0.93) <= held <= 0.97


@pytest.mark.parametrize("by_visit", [False, True])
def test_two_modes_are_covered_too(by_visit: bool) -> None:
    backend = Bimodal(by_visit=by_visit)
    assert median_coverage(backend.draw, backend.median_ms, 300, seed=2) >= 0.93
    assert mean_coverage(backend.draw, backend.mean_ms, 500, seed=3) >= 0.92


def test_equal_runs_are_rarely_called_different() -> None:
    assert false_alarms(PROCESSES[3].draw, 300, seed=4) <= 0.05


@given(st.lists(st.lists(LATENCY, min_size=2, max_size=6), min_size=4, max_size=12))
def test_the_interval_holds_the_median_of_all_requests(visits: list[list[float]]) -> None:
    interval = median_interval(visits)
    assert interval is not None
    median = quantile([value for visit in visits for value in visit], 0.5)
    assert interval.low * (1 - 1e-9) <= median <= interval.high * (1 + 1e-9)


def test_too_few_visits_have_no_interval() -> None:
    few = [[1.0, 2.0]] * 3
    assert median_interval(few) is None
    assert mean_interval(few) is None
    assert ratio_interval(few, [[1.0, 2.0]] * 9) is None


@given(st.lists(st.floats(0, 100), min_size=5, max_size=30))
def test_the_rank_correlation_is_scipys(series: list[float]) -> None:
    found = trend(series)
    if len(set(series)) == 1:
        assert found is None
        return
    assert found is not None
    expected = scipy.stats.spearmanr(range(len(series)), series)
    assert found.correlation == pytest.approx(expected.statistic, abs=1e-9)


def test_a_series_without_trend_is_called_one_at_the_level() -> None:
    rng = numpy.random.default_rng(6)
    found = [trend(rng.normal(size=10).tolist()) for _ in range(1000)]
    assert 0.03 <= sum(one is not None and one.p_value <= 0.05 for one in found) / 1000 <= 0.07
