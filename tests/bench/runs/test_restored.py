"""A restored sample counts only if every witness says that its environment is new and came from the run's snapshot."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.runs.judge import OK, PROACTIVE
from tests.bench.support.restoring import COLD_LIES, WARM_LIES, Restoring, judged


@pytest.mark.parametrize("json_logs", [False, True])
def test_honest_restores_are_measurements(tmp_path: Path, json_logs: bool) -> None:
    found = judged(Restoring(json_logs=json_logs), tmp_path, rounds=4, warm=2)
    assert [(item.status, item.reasons) for item in found] == [(OK, ())] * len(found)
    assert {item.sample.cold_kind for item in found} == {"restore", None}
    assert [item.report.restore_ms for item in found if item.report and item.sample.state == "cold"] == [450.0] * 5


@pytest.mark.parametrize("lie", COLD_LIES)
def test_a_lie_about_a_restore_is_found_and_nothing_else_is_blamed(tmp_path: Path, lie: str) -> None:
    found = judged(Restoring({4: lie}), tmp_path, rounds=3)  # two requests a visit: the first of the third visit
    assert found[4].status != OK
    assert (found[4].status == PROACTIVE) == (lie == "restored before the request")
    after = (
        {5}
        if lie in ("environment of an earlier restore", "environment drawn before the snapshot", "second invocation")
        else set()
    )
    assert {number for number, item in enumerate(found) if item.status != OK} == {4} | after


@pytest.mark.parametrize("lie", WARM_LIES)
def test_a_lie_about_a_warm_request_is_found(tmp_path: Path, lie: str) -> None:
    found = judged(Restoring({5: lie}), tmp_path, rounds=3)
    assert [number for number, item in enumerate(found) if item.status != OK] == [5]
