"""Orders the measurements in complete, randomised, reproducible."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.runs.cold_starts.axes import WARM_UP_ROUND
from bench.runs.cold_starts.forced import Forced
from bench.runs.cold_starts.new_sandbox import NewSandbox
from bench.runs.plan import Axes, build_plan, by_deployment, requests_in

AXES = st.builds(
    Axes,
    backends=st.lists(st.sampled_from(["efs", "s3", "oci", "other"]), min_size=1, unique=True).map(tuple),
    engines=st.lists(st.sampled_from(["onnx", "transformers"]), min_size=1, unique=True).map(tuple),
    memories=st.lists(st.sampled_from([None, 1024, 2048]), min_size=1, unique=True).map(tuple),
    tokens=st.lists(st.sampled_from([20, 250]), min_size=1, unique=True).map(tuple),
    cold=st.integers(1, 8),
    warm=st.integers(0, 30),
    bursts=st.sampled_from([(), (2,), (1, 4)]),
    idle_s=st.sampled_from([(), (60.0,), (60.0, 300.0)]),
    first_deploy=st.integers(0, 3),
    seed=st.integers(0, 99),
)


@given(AXES)
def test_every_round_visits_every_variant_once(axes: Axes) -> None:
    plan = build_plan(axes)
    for round_number in range(axes.cold + 1):
        forced = [visit for visit in plan if visit.round == round_number and isinstance(visit.cold_start, Forced)]
        visited = [visit.variant for visit in forced if not visit.cold_start.deployments_left]
        assert sorted(map(str, visited)) == sorted(map(str, axes.variants()))
    assert len({visit.id for visit in plan}) == len(plan)


@given(AXES)
def test_used_rounds_hold_exactly_the_samples_asked_for(axes: Axes) -> None:
    used = [visit for visit in build_plan(axes) if not visit.warm_up and visit.cold_start.name == NewSandbox.name]
    colds = Counter(visit.variant for visit in used)
    assert set(colds.values()) == {axes.cold}
    for variant in axes.variants():
        assert sum(visit.cold_start.warms for visit in used if visit.variant == variant) == axes.warm
    assert {visit.round for visit in build_plan(axes) if visit.warm_up} == {WARM_UP_ROUND}


@given(AXES)
def test_equal_axes_give_equal_plans(axes: Axes) -> None:
    assert build_plan(axes) == build_plan(axes)
    assert requests_in(build_plan(axes)) >= len(axes.variants()) * (axes.cold + axes.warm)


@given(AXES)
def test_each_further_deployment_comes_before_the_rounds_and_visits_every_variant_once(axes: Axes) -> None:
    *before, last = by_deployment(build_plan(axes))
    assert len(before) == max(axes.first_deploy - 1, 0)
    assert [visit for part in (*before, last) for visit in part] == list(build_plan(axes))
    for part in before:
        assert sorted(str(visit.variant) for visit in part) == sorted(map(str, axes.variants()))
        assert {visit.cold_start.needs_new for visit in part} == {True}
    assert sum(visit.cold_start.needs_new for visit in last) == len(axes.variants()) * bool(axes.first_deploy)


def test_orders_differ_between_rounds_and_seeds() -> None:
    def orders(seed: int) -> list[tuple[str, ...]]:
        plan = build_plan(Axes(backends=("efs", "s3", "oci"), cold=20, seed=seed))
        return [tuple(v.variant.backend for v in plan if v.round == r) for r in range(21)]

    assert len(set(orders(1))) == 6  # all orders of three occur in 21 rounds
    assert orders(1) != orders(2)


def test_a_longer_run_begins_like_a_shorter_one() -> None:
    short, long = (build_plan(Axes(backends=("efs", "s3", "oci"), cold=n, warm=2 * n)) for n in (3, 9))
    assert long[: len(short)] == short


@pytest.mark.parametrize("wrong", [{"cold": 0}, {"warm": -1}, {"backends": ()}, {"engines": ("onnx", "onnx")}])
def test_axes_that_make_no_plan_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must"):
        Axes(**{"backends": ("efs",), **wrong})
