"""A request to what is kept ready counts only if every witness says that nobody waited for its environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.runs.judge import INVALID, OK
from bench.runs.plan import Axes, build_plan
from tests.bench.support.kept_ready import LIES, KeptReady, judged


@pytest.mark.parametrize("shares", [False, True])
def test_honest_requests_are_measurements(tmp_path: Path, shares: bool) -> None:
    found = judged(KeptReady(shares=shares), tmp_path, rounds=3, ready=2)
    assert [(item.status, item.reasons) for item in found] == [(OK, ())] * 6
    assert {item.sample.cold_kind for item in found} == {"provisioned"}
    assert [item.sample.seen.invocation for item in found] == [1, 2 if shares else 1] * 3


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_found_and_nothing_else_is_blamed(tmp_path: Path, lie: str) -> None:
    found = judged(KeptReady({3: lie}), tmp_path, rounds=3, ready=2)
    assert [item.status for item in found].count(INVALID) == 1
    assert [item.sample.round for item in found if item.status != OK] == [2]


def test_a_spill_over_is_called_one(tmp_path: Path) -> None:
    for lie, said in (("spilled over", "made by 'on-demand'"), ("spilled over, said to be provisioned", "spilled")):
        (tmp_path / lie).mkdir()
        found = judged(KeptReady({0: lie}), tmp_path / lie, rounds=1, ready=1)
        assert said in found[0].reasons[0]


@pytest.mark.parametrize(
    ("axes", "said"),
    [
        ({"provisioned": 2}, "--arms invoke"),
        ({"provisioned": 2, "arms": ("invoke",), "backends": ("oci+snapstart",)}, "snapshots, not both"),
        ({"provisioned": -1}, "at least one"),
        ({"provisioned": 101}, "at most 100"),
    ],
)
def test_what_cannot_be_kept_ready_is_refused(axes: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Axes(**({"backends": ("oci",)} | axes))


def test_it_is_planned_for_direct_invocation_alone_in_every_round_but_the_warm_up() -> None:
    plan = build_plan(Axes(("s3", "oci"), arms=("http", "invoke"), cold=2, warm=0, provisioned=3))
    ready = [visit for visit in plan if visit.cold_start.kept_ready]
    assert sorted((visit.round, visit.variant.label) for visit in ready) == [
        (number, f"{name}.onnx.20t.invoke") for number in (1, 2) for name in ("oci", "s3")
    ]
