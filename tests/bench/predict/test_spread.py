"""A spread keeps to the ends and the median that it was made of."""

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.predict.spread import between, fixed

numbers = st.lists(st.floats(-1e9, 1e9), min_size=3, max_size=3).map(sorted)


@given(numbers)
def test_the_quantiles_of_0_one_half_and_1_are_low_value_and_high(three):
    assert between(*three).at(numpy.array([0, 0.5, 1])) == pytest.approx(three)


@given(numbers, st.lists(st.floats(0, 1), min_size=2))
def test_a_higher_probability_is_never_a_lower_number(three, probabilities):
    found = between(*three).at(numpy.array(sorted(probabilities)))
    assert (numpy.diff(found) >= -1e-6).all()


@given(numbers, st.floats(0.001, 1000), st.floats(0, 1))
def test_another_unit_scales_every_quantile(three, factor, probability):
    at, spread = numpy.array([probability]), between(*three)
    assert spread.scaled(factor).at(at) == pytest.approx(spread.at(at) * factor, rel=1e-6, abs=1e-3)


def test_a_value_outside_its_ends_is_refused():
    with pytest.raises(ValueError, match="3 is not between 1 and 2"):
        between(1, 3, 2)
    assert fixed(7).at(numpy.array([0.0, 1.0])).tolist() == [7, 7]
