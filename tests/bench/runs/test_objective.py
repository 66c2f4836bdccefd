"""An objective is met, not met, or nobody can tell; a queue makes neighbours alike and the limits wider."""

from __future__ import annotations

import random

import pytest
from scipy.stats import beta

from bench.runs.loads import Arrival
from bench.runs.objective import FAILS, MEETS, UNDECIDED, Objective, judge_step, parse_objective

P95 = Objective(0.95, 800)


def _answers(late: list[bool], duration_s: float = 30.0) -> list[Arrival]:
    step = duration_s / len(late)
    return [Arrival("s3", i * step, latency_ms=900.0 if miss else 100.0, status=200) for i, miss in enumerate(late)]


def test_objectives_are_read() -> None:
    assert parse_objective("p95<800ms") == P95
    assert parse_objective(" P99 < 1.5s ") == Objective(0.99, 1500)
    assert str(P95) == "p95<800ms"
    assert P95.least_requests == 93  # one miss among 93: scipy says so, too
    assert beta.ppf(0.05, 92, 2) >= 0.95 > beta.ppf(0.05, 91, 2)


@pytest.mark.parametrize("text", ["p95", "p95<", "p95<-3ms", "p100<3ms", "p0<3ms", "p40<3ms", "800ms", "p95<0ms"])
def test_what_is_no_objective_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"p95|percentile"):
        parse_objective(text)


def test_the_verdict_has_exact_limits_and_fewer_requests_decide_nothing() -> None:
    spread = [number % 50 == 0 for number in range(200)]  # 4 misses, evenly
    met = judge_step(_answers(spread), 30, P95)
    assert met.independent == 200
    assert met.low == pytest.approx(beta.ppf(0.05, 196, 5))
    assert met.high == pytest.approx(beta.ppf(0.95, 197, 4))
    assert judge_step(_answers([False] * 59), 30, P95).verdict == MEETS
    assert judge_step(_answers([False] * 58), 30, P95).verdict == UNDECIDED
    assert judge_step(_answers([number % 5 == 0 for number in range(200)]), 30, P95).verdict == FAILS


def test_misses_in_a_row_are_worth_fewer_requests() -> None:
    apart = judge_step(_answers([number % 40 == 0 for number in range(400)]), 30, P95)
    together = judge_step(_answers([number >= 390 for number in range(400)]), 30, P95)
    assert apart.within == together.within
    assert together.independent < apart.independent
    assert together.low < apart.low


def test_what_failed_or_was_dropped_is_not_within_any_limit() -> None:
    lost = [Arrival("s3", 1.0, dropped=True), Arrival("s3", 2.0, latency_ms=5.0, status=503)]
    met = judge_step(lost, 30, P95)
    assert (met.within, met.verdict) == (0.0, FAILS)  # two misses of two, where one in twenty may miss


def test_few_verdicts_are_wrong_where_the_truth_lies_on_the_limit() -> None:
    """The share is exactly 95 %: MEETS and FAILS are both wrong, each in at most 5 % (and 1.5 % for chance)."""
    rng = random.Random(1)
    verdicts = [judge_step(_answers([rng.random() < 0.05 for _ in range(150)]), 30, P95).verdict for _ in range(400)]
    assert verdicts.count(MEETS) <= 0.065 * 400
    assert verdicts.count(FAILS) <= 0.065 * 400
