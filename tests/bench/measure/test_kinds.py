"""Cold starts of the other kinds, planted in virtual time: found, counted, reported apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.commands.run import carry_out
from bench.deployments.outputs import parse_outputs
from bench.report.breakdown import parts_of
from bench.report.summary import summarise
from bench.runs.judge import judge_run
from bench.runs.plan import Axes, build_plan
from bench.runs.records import Session
from bench.runs.store import RESULTS, Recorder, read_run
from tests.bench.support.simulator import KEPT_ALIVE_S, Account, SimulatedTarget, Truth, VirtualTime, outputs


def summary_of(directory: Path, axes: Axes, truth: Truth) -> dict[str, Any]:
    target = SimulatedTarget(Account(truth, axes.backends), VirtualTime())
    recorded = parse_outputs(outputs("http://localhost", None, target.account)).recorded()
    header = Session(1, "2026-01-01T00:00:00+00:00", axes, recorded, target.describe(), {})
    with Recorder(directory / RESULTS) as recorder:
        carry_out(build_plan(axes), target, header, recorder, target.virtual.clock)
    return summarise(read_run(directory))


def planted() -> Truth:
    return Truth(cold=lambda backend, engine, rng: 700.0, warm=lambda backend, engine, rng: 30.0)


def test_the_surplus_of_a_burst_is_cold(tmp_path: Path) -> None:
    summary = summary_of(tmp_path, Axes(("s3",), cold=3, warm=3, bursts=(1, 2, 8)), planted())
    found = {item["size"]: item for item in summary["other_cold_starts"]}
    assert {size: (item["requests"], item["cold"]) for size, item in found.items()} == {
        1: (3, 0),
        2: (6, 3),
        8: (24, 21),
    }
    assert (found[8]["cold_p50_ms"], found[8]["warm_p50_ms"], found[1]["cold_p50_ms"]) == (700.0, 30.0, None)
    assert {item["kind"] for item in found.values()} == {"scale-out"}
    assert found[8]["invalid"] == 0
    assert summary["variants"][0]["cold"]["n"] == 3  # primers and bursts are no new-sandbox samples


@pytest.mark.parametrize(("idle", "cold"), [(KEPT_ALIVE_S / 2, 0), (KEPT_ALIVE_S * 2, 4)])
def test_after_a_pause_the_environment_may_be_gone(tmp_path: Path, idle: float, cold: int) -> None:
    summary = summary_of(tmp_path, Axes(("s3",), cold=4, warm=0, idle_s=idle), planted())
    (found,) = summary["other_cold_starts"]
    assert (found["kind"], found["requests"], found["cold"], found["invalid"]) == ("idle", 4, cold, 0)
    assert found["cold_p50_ms"] == (700.0 if cold else None)


def test_the_first_start_after_a_deployment_is_reported_apart(tmp_path: Path) -> None:
    summary = summary_of(tmp_path, Axes(("s3", "oci"), cold=4, warm=0, first_deploy=True), planted())
    assert [(i["backend"], i["kind"], i["cold"]) for i in summary["other_cold_starts"]] == [
        ("s3", "first-deploy", 1),
        ("oci", "first-deploy", 1),
    ]
    assert [item["cold"]["n"] for item in summary["variants"]] == [4, 4]


def test_parts_add_up_to_the_clients_time(tmp_path: Path) -> None:
    summary_of(tmp_path, Axes(("s3",), cold=4, warm=4), planted())
    for item in judge_run(read_run(tmp_path)):
        parts = parts_of(item)
        assert parts is not None
        assert sum(parts.values()) == pytest.approx(item.sample.seen.request_ms)


def test_the_runs_facts_are_in_the_summary(tmp_path: Path) -> None:
    summary = summary_of(tmp_path, Axes(("s3",), cold=4, warm=4), planted())
    assert summary["variants"][0]["fetch_mb_s"] == pytest.approx(340_000_000 / 1e6 / 0.21)  # fetch is 0.3 of 700 ms
    assert summary["ping_ms"] == 2.0
    assert summary["costs"] is None  # a run without a price table cannot be priced
