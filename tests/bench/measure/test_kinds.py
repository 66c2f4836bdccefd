"""The other kinds of cold start, planted in virtual time, are found, counted and reported apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.deployments.outputs import parse_outputs
from bench.measure.session import carry_out
from bench.report.breakdown import parts_of
from bench.report.report import Report, report_of
from bench.runs.judge import judge_run
from bench.runs.plan import Axes, build_plan
from bench.runs.records import Session
from bench.runs.store import RESULTS, Recorder, read_run
from tests.bench.support.simulator import KEPT_ALIVE_S, Account, SimulatedTarget, Truth, VirtualTime, outputs


def report(directory: Path, axes: Axes, truth: Truth) -> Report:
    target = SimulatedTarget(Account(truth, axes.backends), VirtualTime())
    recorded = parse_outputs(outputs("http://localhost", None, target.account)).recorded()
    header = Session(1, "2026-01-01T00:00:00+00:00", axes, recorded, target.describe(), {})
    with Recorder(directory / RESULTS) as recorder:
        carry_out(build_plan(axes), target, header, recorder, target.virtual.clock)
    return report_of(read_run(directory))


def planted() -> Truth:
    return Truth(cold=lambda backend, engine, rng: 700.0, warm=lambda backend, engine, rng: 30.0)


def test_the_surplus_of_a_burst_is_cold(tmp_path: Path) -> None:
    found = report(tmp_path, Axes(("s3",), cold=3, warm=3, bursts=(1, 2, 8)), planted())
    by_size = {item.size: item for item in found.other_cold_starts}
    assert {size: (item.requests, item.cold) for size, item in by_size.items()} == {
        1: (3, 0),
        2: (6, 3),
        8: (24, 21),
    }
    assert (by_size[8].cold_p50_ms, by_size[8].warm_p50_ms, by_size[1].cold_p50_ms) == (700.0, 30.0, None)
    assert {item.kind for item in found.other_cold_starts} == {"scale-out"}
    assert by_size[8].invalid == 0
    assert found.variants[0].cold.counts.n == 3  # primers and bursts are not new-sandbox samples


@pytest.mark.parametrize(("idle", "cold"), [(KEPT_ALIVE_S / 2, 0), (KEPT_ALIVE_S * 2, 4)])
def test_after_a_pause_the_environment_may_be_gone(tmp_path: Path, idle: float, cold: int) -> None:
    found = report(tmp_path, Axes(("s3",), cold=4, warm=0, idle_s=(idle,)), planted())
    (item,) = found.other_cold_starts
    assert (item.kind, item.requests, item.cold, item.invalid) == ("idle", 4, cold, 0)
    assert item.cold_p50_ms == (700.0 if cold else None)


def test_a_series_of_pauses_brackets_the_keep_alive(tmp_path: Path) -> None:
    pauses = tuple(KEPT_ALIVE_S * factor for factor in (0.2, 0.9, 1.1, 3.0))
    found = report(tmp_path, Axes(("s3", "oci"), cold=4, warm=0, idle_s=pauses), planted())
    assert found.untrusted == ()
    assert [(item.pause_s, item.cold) for item in found.other_cold_starts if item.variant.backend == "s3"] == [
        (120.0, 0), (540.0, 0), (660.0, 4), (1800.0, 4),
    ]  # fmt: skip
    kept = found.keep_alive
    assert kept is not None
    assert (kept.low_s, kept.high_s) == (540.0, 660.0)
    assert [(each.asked, each.gone) for each in kept.pauses] == [(8, 0), (8, 0), (8, 8), (8, 8)]
    assert kept.pauses[0].high == pytest.approx(1 - 0.025 ** (1 / 8), abs=1e-4)  # none of eight
    assert kept.sentence == "Of 32 idle environments, all were still there after 9 min, and all were gone after 11 min."


@pytest.mark.parametrize(("factor", "ends"), [(0.5, (300.0, None)), (2.0, (0.0, 1200.0))])
def test_one_pause_gives_one_end_of_the_keep_alive(tmp_path: Path, factor: float, ends: tuple[float, float]) -> None:
    found = report(tmp_path, Axes(("s3",), cold=2, warm=0, idle_s=(KEPT_ALIVE_S * factor,)), planted()).keep_alive
    assert found is not None
    assert (found.low_s, found.high_s) == ends


def test_the_first_start_after_a_deployment_is_reported_apart(tmp_path: Path) -> None:
    found = report(tmp_path, Axes(("s3", "oci"), cold=4, warm=0, first_deploy=1), planted())
    assert [(item.variant.backend, item.kind, item.cold) for item in found.other_cold_starts] == [
        ("s3", "first-deploy", 1),
        ("oci", "first-deploy", 1),
    ]
    assert [item.cold.counts.n for item in found.variants] == [4, 4]


def test_a_visit_ends_where_its_environment_is_unknown(tmp_path: Path) -> None:
    lost = Truth(fault=lambda backend, state, number: "times-out" if state == "cold" else None)
    report(tmp_path, Axes(("s3",), cold=1, warm=3, bursts=(8,), idle_s=(600.0,)), lost)
    run = read_run(tmp_path)
    assert {end.visit.rpartition("http")[2]: end.skipped for end in run.visits if not end.visit.startswith("r000")} == {
        "": "3 requests left out: the one before brought no environment to stay with",
        ".burst8": "8 requests left out: the one before brought no environment to stay with",
        ".idle": "1 requests left out: the one before brought no environment to stay with",
    }
    assert all(end.complete for end in run.visits)
    assert max(sample.elapsed_s for sample in run.samples) < 600.0  # nothing to wait for


def test_parts_add_up_to_the_clients_time(tmp_path: Path) -> None:
    report(tmp_path, Axes(("s3",), cold=4, warm=4), planted())
    for item in judge_run(read_run(tmp_path)):
        parts = parts_of(item)
        assert parts is not None
        assert sum(parts.values()) == pytest.approx(item.sample.seen.request_ms)


def test_the_runs_facts_are_in_the_report(tmp_path: Path) -> None:
    found = report(tmp_path, Axes(("s3",), cold=4, warm=4), planted())
    assert found.variants[0].fetch_mb_s == pytest.approx(340_000_000 / 1e6 / 0.21)  # fetch is 0.3 of 700 ms
    assert found.ping_ms == 2.0
    assert found.costs is None  # a run without a price table cannot be priced
