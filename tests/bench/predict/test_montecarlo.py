"""Intervals, sources and verdicts say what was planted into the draws."""

from dataclasses import fields, replace

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.predict.montecarlo import compare, predict, predicted, predictions, sources
from bench.predict.parameters import DRAWS, PARAMETERS, Parameters, draw, drawn, middle
from bench.predict.situation import Fetch
from contract.storages import EFS, IMAGE, S3
from tests.bench.predict.support.situations import situation

FOUND = draw()


def test_the_same_seed_gives_the_same_draws_and_another_one_others():
    again, other = draw(), draw(seed=1)
    assert all((getattr(FOUND, each.name) == getattr(again, each.name)).all() for each in fields(Parameters))
    assert (FOUND.burst != other.burst).any()
    assert {len(getattr(FOUND, each.name)) for each in fields(Parameters)} == {DRAWS}


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_draws_of_a_parameter_keep_to_its_ends_and_its_median(name):
    values, spread = getattr(FOUND, name), PARAMETERS[name].spread
    ends = [number for _, number in spread.points]
    assert values.min() >= min(ends)
    assert values.max() <= max(ends)
    half = float(spread.at(numpy.array([0.5]))[0])
    assert numpy.mean(values <= half * (1 + 1e-9)) >= 0.499
    assert numpy.mean(values >= half * (1 - 1e-9)) >= 0.499


def test_the_parameters_are_drawn_independently():
    names = drawn()
    ranks = numpy.argsort(numpy.argsort([getattr(FOUND, name) for name in names], axis=1), axis=1)
    apart = numpy.corrcoef(ranks) - numpy.eye(len(names))
    assert numpy.abs(apart).max() < 0.12


def test_efs_streams_have_two_modes_with_nothing_between_them():
    mib = FOUND.stream / (1 << 20)
    assert numpy.mean(mib < 50) == pytest.approx(0.42, abs=0.005)
    assert not ((mib > 48) & (mib < 71)).any()


@given(st.floats(1, 1e6), st.floats(0.1, 100))
def test_an_interval_holds_95_percent_of_the_draws(middle_ms, width):
    draws = middle_ms + width * numpy.linspace(-1, 1, 2001)
    span = predicted(draws)
    assert span.covers(span.median)
    inside = (draws >= span.low) & (draws <= span.high)
    assert numpy.mean(inside) == pytest.approx(0.95, abs=0.002)


def test_the_median_of_a_prediction_is_near_that_of_the_middle_parameters():
    for storage in (S3, IMAGE):
        found, centre = predict(situation(storage), FOUND), predict(situation(storage), middle())
        assert found.cold.median == pytest.approx(centre.cold.median, rel=0.25)
        assert centre.cold.low == centre.cold.high


def test_the_sources_find_the_planted_parameter_and_add_up_to_one():
    found = sources(FOUND.chunk_first_ms * 100 + FOUND.api_ms, FOUND)
    assert found[0].parameter == "chunk_first_ms"
    assert found[0].share > 0.9
    assert sum(source.share for source in found) == pytest.approx(1)
    assert sources(numpy.ones(DRAWS), FOUND) == ()


def test_a_verdict_is_robust_where_all_draws_agree():
    fast = predict(situation(S3), FOUND)
    slow = predict(situation(S3, fetch=Fetch((5e9 / 400,) * 400, 8)), FOUND)
    verdict = compare(fast.cold_draws, slow.cold_draws, FOUND)
    assert (verdict.mark, verdict.first_faster, verdict.decides) == ("robust", 1.0, None)
    assert compare(slow.cold_draws, fast.cold_draws, FOUND).first_faster == 0.0
    assert verdict.difference.high < 0


def test_a_verdict_depends_on_the_parameter_that_decides_it():
    half = float(numpy.median(FOUND.chunk_first_ms))
    verdict = compare(FOUND.chunk_first_ms * 10, half * 10 + FOUND.api_ms * 0.01, FOUND)
    assert (verdict.mark, verdict.decides) == ("depends", "chunk_first_ms")


def test_a_verdict_cannot_be_told_where_many_parameters_decide():
    several = (FOUND.burst / FOUND.burst.std(), FOUND.outside_ms / FOUND.outside_ms.std(), FOUND.core_time / 0.35)
    mixed = sum(several) - numpy.median(sum(several))
    assert compare(mixed, numpy.zeros(DRAWS), FOUND).mark == "cannot be told"


def test_all_predictions_come_from_the_same_draws():
    first, second = predictions([situation(EFS), situation(EFS)], FOUND)
    assert (first.cold_draws == second.cold_draws).all()
    assert predictions([situation(EFS)])[0].cold == first.cold


def test_the_limits_are_counted_in_shares_of_the_draws():
    waiting = situation(IMAGE, first_deploy=True, fetch=Fetch((340e6,), 1), ends_init_ms=None, one_after_the_other=True)
    found = predict(waiting, FOUND)
    assert found.over_init == 1.0
    assert 0 < found.over_api < 1
    quick = predict(situation(IMAGE), FOUND)
    assert (quick.over_init, quick.over_api) == (0.0, 0.0)


def test_a_wider_parameter_makes_a_wider_interval():
    narrow = replace(FOUND, outside_ms=numpy.full(DRAWS, 136.0))
    wide, less = (predict(situation(IMAGE), each).cold for each in (FOUND, narrow))
    assert less.high - less.low < wide.high - wide.low
