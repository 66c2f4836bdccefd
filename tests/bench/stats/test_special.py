"""The incomplete beta function and everything derived from it, compared with scipy."""

from __future__ import annotations

import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from bench.stats.special import incomplete_beta, share_limits, t_quantile

SHAPES = st.floats(0.5, 500)


@given(st.floats(0, 1), SHAPES, SHAPES)
def test_the_incomplete_beta_function_is_scipys(x: float, a: float, b: float) -> None:
    assert incomplete_beta(x, a, b) == pytest.approx(scipy.stats.beta.cdf(x, a, b), rel=1e-8, abs=1e-12)


@given(st.floats(0.51, 0.9999), st.floats(1, 200))
def test_students_quantiles_are_scipys(p: float, freedom: float) -> None:
    assert t_quantile(p, freedom) == pytest.approx(scipy.stats.t.ppf(p, freedom), rel=1e-6)


@given(st.integers(1, 400), st.data(), st.sampled_from([0.9, 0.95, 0.975]))
def test_limits_of_a_share_are_scipys_exact_ones(n: int, data: st.DataObject, confidence: float) -> None:
    hits = data.draw(st.integers(0, n))
    low, high = share_limits(hits, n - hits, n, confidence)
    exact = {
        side: scipy.stats.binomtest(hits, n, alternative=side).proportion_ci(confidence) for side in ("greater", "less")
    }
    assert low == pytest.approx(exact["greater"].low, abs=1e-9)
    assert high == pytest.approx(exact["less"].high, abs=1e-9)


def test_what_is_neither_hit_nor_miss_widens_both_sides() -> None:
    assert share_limits(5, 3, 10, 0.95) == (share_limits(5, 5, 10, 0.95)[0], share_limits(7, 3, 10, 0.95)[1])
