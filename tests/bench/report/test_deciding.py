"""The rule of the recommendation, by hand, and as simulated runs find it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.cost.traffic import RARE
from bench.report.deciding import Rival, decide, right, wait_ratio
from bench.stats.quantiles import Interval
from tests.bench.support.planted import Planted, decided, truth

LAB = {"efs": Planted(1060, 55), "s3": Planted(1135, 55), "oci": Planted(535, 55)}
TIED = {"efs": Planted(1000, 55), "s3": Planted(1110, 55), "oci": Planted(1300, 55)}


def rival(name: str, wait_ms: float, usd: float, rounds: int = 10, spread: float = 0.001) -> Rival:
    waits = {number: wait_ms * (1 + spread * (number % 3 - 1)) for number in range(rounds)}
    return Rival(name, waits, wait_ms, wait_ms, usd, Interval(0.99 * usd, 1.01 * usd))


def test_the_rule_by_hand() -> None:
    # b is within 10 % of a, c is not; of a and b, b is the cheaper one
    assert right([("a", 100, 30), ("b", 109, 20), ("c", 111, 1)]) == ("b",)
    # a dollar a month, or 10 %, is a tie
    assert right([("a", 100, 2.9), ("b", 100, 2.0), ("c", 100, 3.1)]) == ("a", "b")
    assert right([("a", 100, 109), ("b", 100, 100), ("c", 100, 111)]) == ("a", "b")


def test_what_is_shown_is_taken_and_the_fastest_cold_start_breaks_a_tie() -> None:
    found = decide([rival("a", 100, 30), rival("b", 105, 20), rival("c", 120, 1)])
    assert (found.take, found.as_good, found.between) == ("b", (), ())
    found = decide([rival("a", 105, 20), rival("b", 100, 20.5)])
    assert (found.take, found.as_good) == ("b", ("a",))


def test_what_is_not_shown_is_undecided_and_says_how_many_rounds_would_show_it() -> None:
    noisy = [rival("a", 100, 30, spread=0.2), rival("b", 104, 20), rival("c", 200, 1)]
    found = decide(noisy)
    assert (found.take, set(found.between)) == (None, {"a", "b"})
    assert found.more_rounds is not None
    assert found.more_rounds > 10
    few = decide([rival("a", 100, 1, rounds=5), rival("b", 900, 1, rounds=5)])
    assert (few.take, few.more_rounds) == (None, 3)
    unknown = [Rival(each.name, each.waits_ms, each.wait_ms, each.cold_ms, each.usd, None) for each in noisy]
    assert decide(unknown).take is None


def test_on_the_tie_itself_no_number_of_rounds_would_do() -> None:
    found = decide([rival("a", 100, 30, spread=0.05), rival("b", 110.001, 20, spread=0.04)])
    assert (found.take, found.more_rounds) == (None, None)


def test_rounds_that_were_given_up_say_nothing_or_who_was_faster() -> None:
    a = {number: math.inf if number < 2 else 100.0 for number in range(12)}
    b = {number: math.inf if number < 1 else 50.0 for number in range(12)}
    found = wait_ratio(a, b)
    assert found
    assert (found.ratio, found.interval and found.interval.low) == (pytest.approx(2), pytest.approx(2))
    assert wait_ratio(a, {99: 1.0}) is None


@given(st.lists(st.tuples(st.floats(1, 1e5), st.floats(0.001, 1e4)), min_size=2, max_size=4))
def test_without_noise_the_decision_is_the_rule(truths: list[tuple[float, float]]) -> None:
    named = [(str(number), wait, usd) for number, (wait, usd) in enumerate(truths)]
    rivals = [
        Rival(name, dict.fromkeys(range(10), wait), wait, wait, usd, Interval(usd, usd)) for name, wait, usd in named
    ]
    found = decide(rivals)
    assert found.take is None or found.take in right(named)
    assert set(found.as_good) <= set(right(named))


def test_simulated_runs_are_right_where_the_truth_is_clear_and_undecided_where_it_is_not() -> None:
    clear = [decision.take for decision in decided(LAB, RARE, rounds=10, runs=20, seed=3)]
    assert truth(LAB, RARE) == ("oci",)
    assert clear.count("oci") >= 19
    close = [decision.take for decision in decided(TIED, RARE, rounds=10, runs=20, seed=3)]
    assert truth(TIED, RARE) == ("efs",)
    assert set(close) <= {"efs", None}
