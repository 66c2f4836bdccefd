"""Paired statistics, compared with scipy, brute force, and a thousand simulated runs."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable

import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from bench.stats.bootstrap import median_ratio_interval
from bench.stats.paired import compare_rounds, holm, signed_rank_p
from bench.stats.verdict import judge_pair

SMALL = st.lists(st.integers(-6, 6).map(float), min_size=1, max_size=9)
P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=8)


@given(SMALL)
def test_the_signed_rank_test_is_the_enumeration_of_all_signs(differences: list[float]) -> None:
    nonzero = [value for value in differences if value]
    ranks = scipy.stats.rankdata([abs(value) for value in differences])
    kept = [rank for rank, value in zip(ranks, differences, strict=True) if value]
    observed = sum(rank for rank, value in zip(ranks, differences, strict=True) if value > 0)
    sums = [
        sum(r for r, sign in zip(kept, signs, strict=True) if sign)
        for signs in itertools.product((0, 1), repeat=len(kept))
    ]
    extreme = min(observed, sum(kept) - observed)
    expected = min(1.0, 2 * sum(total <= extreme for total in sums) / len(sums)) if nonzero else 1.0
    assert signed_rank_p(differences) == pytest.approx(expected)


def test_the_signed_rank_test_is_scipys() -> None:
    rng = random.Random(3)
    for n in (8, 15, 40):
        values = [rng.gauss(0.3, 1) for _ in range(n)]
        assert signed_rank_p(values) == pytest.approx(scipy.stats.wilcoxon(values, method="exact").pvalue)


@given(P_VALUES)
def test_holm_is_its_definition(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    for index, p in enumerate(p_values):
        better = [other for other in p_values if other < p]
        step_maxima = [min(1.0, (len(p_values) - rank) * q) for rank, q in enumerate(sorted(p_values)) if q <= p]
        assert adjusted[index] == pytest.approx(max(step_maxima))
        assert adjusted[index] >= p
        assert len(better) <= len(p_values)


def lognormal(rng: random.Random, median: float, sigma: float) -> float:
    return median * math.exp(rng.gauss(0, sigma))


def shifted(rng: random.Random) -> tuple[float, float]:
    """400 ms and 300 ms with the same skewed noise: the difference has median 100."""
    return 400 + lognormal(rng, 100, 0.5), 300 + lognormal(rng, 100, 0.5)


def drifting(rng: random.Random) -> tuple[float, float]:
    """The same with a drift of ten times the difference, which both meet in each round."""
    drift = rng.uniform(0, 1000)
    a, b = shifted(rng)
    return a + drift, b + drift


@pytest.mark.parametrize("draw", [shifted, drifting])
@pytest.mark.parametrize("rounds", [10, 30])
def test_over_a_thousand_runs_the_intervals_cover_the_planted_difference(
    draw: Callable[[random.Random], tuple[float, float]], rounds: int
) -> None:
    rng, hits = random.Random(rounds), 0
    for _ in range(1000):
        pairs = [draw(rng) for _ in range(rounds)]
        paired = compare_rounds({i: a for i, (a, _) in enumerate(pairs)}, {i: b for i, (_, b) in enumerate(pairs)})
        assert paired is not None
        assert paired.difference_interval is not None
        hits += paired.difference_interval.low <= 100 <= paired.difference_interval.high
    assert 930 <= hits <= 970


@pytest.mark.parametrize("rounds", [10, 30])
def test_of_a_thousand_runs_of_identical_backends_at_most_five_percent_call_any_different(rounds: int) -> None:
    rng, false_alarms = random.Random(rounds), 0
    for _ in range(1000):
        runs = [{i: lognormal(rng, 500, 0.4) for i in range(rounds)} for _ in range(3)]
        paired = [compare_rounds(a, b) for a, b in itertools.combinations(runs, 2)]
        adjusted = holm([result.p_value for result in paired if result])
        false_alarms += any(judge_pair("a", "b", r, p).resolved for r, p in zip(paired, adjusted, strict=True))
    assert false_alarms <= 50


def test_a_planted_difference_is_resolved_and_said_in_a_sentence() -> None:
    rng = random.Random(1)
    a = {i: 1310 + rng.gauss(0, 40) for i in range(10)}
    b = {i: 1000 + rng.gauss(0, 40) for i in range(10)}
    paired = compare_rounds(a, b)
    assert paired is not None
    verdict = judge_pair("efs", "oci", paired, paired.p_value)
    assert verdict.resolved
    assert verdict.sentence.startswith("efs is 3")
    assert verdict.sentence.endswith("slower than oci.")
    mirrored = compare_rounds(b, a)
    assert mirrored is not None
    assert judge_pair("oci", "efs", mirrored, mirrored.p_value).sentence == verdict.sentence
    assert paired.ratio == pytest.approx(1 / mirrored.ratio)


def test_the_rounds_said_to_be_needed_do_resolve() -> None:
    def run(rounds: int, seed: int):
        rng = random.Random(seed)
        pairs = [(1030 + rng.gauss(0, 60), 1000 + rng.gauss(0, 60)) for _ in range(rounds)]
        paired = compare_rounds({i: a for i, (a, _) in enumerate(pairs)}, {i: b for i, (_, b) in enumerate(pairs)})
        assert paired is not None
        return judge_pair("a", "b", paired, paired.p_value)

    asked = [verdict.more_rounds for seed in range(40) if (verdict := run(20, seed)).more_rounds]
    assert len(asked) >= 10
    needed = 20 + sorted(asked)[len(asked) // 2]
    assert sum(run(needed, seed).resolved for seed in range(100, 140)) >= 20


def test_few_rounds_are_never_called_different() -> None:
    for rounds in range(1, 6):
        paired = compare_rounds(dict.fromkeys(range(rounds), 2000.0), dict.fromkeys(range(rounds), 1.0))
        assert paired is not None
        verdict = judge_pair("a", "b", paired, paired.p_value)
        assert not verdict.resolved
        assert verdict.more_rounds is not None


def test_censored_rounds_count_as_longer_and_doubly_censored_ones_not_at_all() -> None:
    a = {i: (math.inf if i < 6 else 900.0 + i) for i in range(12)}
    b = {i: (math.inf if i < 2 else 500.0 + i) for i in range(12)}
    paired = compare_rounds(a, b)
    assert paired is not None
    assert (paired.n, paired.undecided) == (10, 2)
    assert paired.difference == 400.0
    assert paired.difference_interval is not None
    assert paired.difference_interval.high == math.inf
    assert judge_pair("a", "b", paired, paired.p_value).resolved
    assert compare_rounds({1: math.inf}, {1: math.inf}) is None
    assert not judge_pair("a", "b", None, 1.0).resolved


def test_the_bootstrap_covers_a_ratio_of_medians() -> None:
    rng, hits, runs = random.Random(5), 0, 400
    for _ in range(runs):
        a = [lognormal(rng, 200, 0.3) for _ in range(30)]
        b = [lognormal(rng, 100, 0.3) for _ in range(40)]
        interval = median_ratio_interval(a, b)
        assert interval is not None
        hits += interval.low <= 2.0 <= interval.high
    assert 0.92 <= hits / runs <= 0.98
    assert median_ratio_interval([1.0] * 5, [1.0] * 50) is None
    assert median_ratio_interval([1.0] * 50, [math.inf] * 50) is None
