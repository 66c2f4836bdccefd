"""The whole harness on an account whose truth is known, in virtual time, through the same runner and records."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from bench.deployments.outputs import parse_outputs
from bench.measure.runner import Context, measure
from bench.process.errors import UnsoundError, UsageError
from bench.report.report import report_of
from bench.report.views.write import derive
from bench.runs.judge import judge_run
from bench.runs.plan import Axes, Variant, build_plan
from bench.runs.records import End, Event, Session
from bench.runs.selection import select
from bench.runs.store import Recorder, Run, read_run
from tests.bench.support.simulator import LIMIT_MS, Account, SimulatedTarget, Truth, VirtualTime, outputs

BACKENDS = ("efs", "s3", "oci")


def simulate(directory: Path, truth: Truth, axes: Axes) -> Run:
    """A complete run in virtual time."""
    account, virtual = Account(truth, axes.backends), VirtualTime()
    target = SimulatedTarget(account, virtual)
    recorded = parse_outputs(outputs("http://localhost", None, account)).recorded()
    with Recorder(directory / "results.jsonl") as recorder:
        recorder.append(Session(1, "2026-01-01T00:00:00+00:00", axes, recorded, target.describe(), {}))
        measure(build_plan(axes), target, Context(1, "test", recorder.append, virtual.clock))
        recorder.append(End(1, "2026-01-01T01:00:00+00:00", "complete"))
    return read_run(directory)


def lognormal(medians: dict[str, float], sigma: float):
    return lambda backend, engine, rng: medians[backend] * math.exp(rng.gauss(0, sigma))


def test_planted_medians_are_recovered_within_one_percent(tmp_path: Path) -> None:
    cold = {"efs": 4000.0, "s3": 2500.0, "oci": 1800.0}
    warm = {"efs": 45.0, "s3": 44.0, "oci": 43.0}
    truth = Truth(lognormal(cold, 0.05), lognormal(warm, 0.05))
    report = report_of(simulate(tmp_path, truth, Axes(BACKENDS, cold=500, warm=1000)))
    for item in report.variants:
        assert item.cold.counts.n == 500
        assert item.warm.counts.n == 1000
        assert item.cold.p50_ms == pytest.approx(cold[item.variant.backend], rel=0.01)
        assert item.warm.p50_ms == pytest.approx(warm[item.variant.backend], rel=0.01)
    assert report.untrusted == ()
    differences = {(c.a.backend, c.b.backend): c for c in report.comparisons if c.state == "cold"}
    for (a, b), found in differences.items():
        assert found.verdict.resolved
        assert found.paired is not None
        assert found.paired.difference_interval is not None
        assert found.paired.difference_interval.low <= cold[a] - cold[b] <= found.paired.difference_interval.high
        assert found.paired.difference == pytest.approx(cold[a] - cold[b], rel=0.03)
        assert found.paired.ratio == pytest.approx(cold[a] / cold[b], rel=0.01)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("stale-nonce", "invalid"),
        ("wrong-invocation", "invalid"),
        ("no-init-duration", "invalid"),
        ("other-bundle", "invalid"),
        ("fails", "failed"),
        ("times-out", "censored"),
        ("proactive", "proactive"),
        ("second-init", "ok"),
    ],
)
def test_every_planted_fault_is_found_counted_and_kept_apart(tmp_path: Path, fault: str, status: str) -> None:
    truth = Truth(
        fault=lambda backend, state, number: fault if (backend, state) == ("s3", "cold") and number % 4 == 2 else None
    )
    run = simulate(tmp_path, truth, Axes(BACKENDS, cold=12, warm=12))
    report = report_of(run)
    for item in report.variants:
        expected = 3 if item.variant.backend == "s3" and fault != "second-init" else 0
        assert {name: getattr(item.cold.counts, name) for name in ("invalid", "failed", "censored", "proactive")} == {
            name: expected if name == status else 0 for name in ("invalid", "failed", "censored", "proactive")
        }
        used = 12 if status in ("censored", "ok") else 12 - expected
        assert item.cold.counts.n == used
        assert item.cold.counts.second_init == (3 if (fault, item.variant.backend) == ("second-init", "s3") else 0)
    assert sum(1 for sample in run.samples if sample.state == "cold") == 3 * 13  # nothing was dropped


def test_an_environment_that_was_kept_is_no_cold_start(tmp_path: Path) -> None:
    keeps = Truth(
        fault=lambda backend, state, number: "keeps-environment" if (backend, state) == ("oci", "update") else None
    )
    report = report_of(simulate(tmp_path, keeps, Axes(BACKENDS, cold=5, warm=5)))
    counts = {item.variant.backend: item.cold.counts for item in report.variants}
    assert (counts["oci"].n, counts["oci"].invalid) == (0, 5)
    assert any("oci" in reason for reason in report.untrusted)


def test_a_censored_minority_moves_the_median_and_a_majority_hides_it(tmp_path: Path) -> None:
    def every(nth: int) -> Truth:
        return Truth(fault=lambda b, state, number: "times-out" if state == "cold" and number % nth == 0 else None)

    axes = Axes(("efs",), cold=9, warm=9)
    some = simulate(tmp_path / "some", every(3), axes)
    points = select(judge_run(some), Variant("efs", "onnx"), "cold").latencies
    assert sorted(points) == [200.0] * 6 + [math.inf] * 3
    assert report_of(some).variants[0].cold.p50_ms == 200.0
    all_of_them = simulate(tmp_path / "all", every(1), axes)
    cold = report_of(all_of_them).variants[0].cold
    assert (cold.counts.n, cold.counts.censored, cold.p50_ms) == (9, 9, None)
    judged = judge_run(all_of_them)
    assert all(item.sample.seen.request_ms == LIMIT_MS for item in judged if item.status == "censored")


def test_answers_that_differ_are_found(tmp_path: Path) -> None:
    swapped = {"s3": [(2, 0.9), (5, 0.8), (9, 0.7)]}
    truth = Truth(results=lambda backend, engine: swapped.get(backend, [(5, 0.9), (2, 0.8), (9, 0.7)]))
    report = report_of(simulate(tmp_path, truth, Axes(BACKENDS, cold=1, warm=1)))
    assert not report.answers.equal
    assert not report.answers.same_ranking
    assert report.untrusted


def test_similarities_within_the_tolerance_are_the_same_answer(tmp_path: Path) -> None:
    truth = Truth(results=lambda backend, engine: [(5, 0.9 + (4e-6 if backend == "s3" else 0.0))])
    report = report_of(simulate(tmp_path, truth, Axes(BACKENDS, cold=1, warm=1)))
    assert report.answers.equal
    assert report.answers.max_delta == pytest.approx(4e-6)


def test_percentiles_are_withheld_until_n_allows_them(tmp_path: Path) -> None:
    for visits, p95, p99 in ((10, False, False), (58, False, False), (59, True, False), (299, True, True)):
        run = simulate(tmp_path / str(visits), Truth(), Axes(("efs",), cold=visits, warm=6 * visits))
        warm = report_of(run).variants[0].warm
        assert (warm.counts.n, warm.counts.visits) == (6 * visits, visits)
        assert (warm.p95_ms is not None, warm.p99_ms is not None) == (p95, p99)


def test_derived_files_are_the_same_byte_for_byte(tmp_path: Path) -> None:
    truth = Truth(lognormal({"efs": 900, "s3": 700, "oci": 500}, 0.2))
    simulate(tmp_path, truth, Axes(BACKENDS, cold=4, warm=8))
    derive(tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    derive(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    assert {"results.jsonl", "summary.json", "report.md"} <= set(first)


def test_a_run_with_nothing_measured_fails_loudly(tmp_path: Path) -> None:
    events: list[Event] = [Session(1, "2026-01-01T00:00:00+00:00", Axes(("efs",)), {}, {}, {})]
    with Recorder(tmp_path / "results.jsonl") as recorder:
        for event in events:
            recorder.append(event)
    with pytest.raises(UnsoundError, match="nothing was measured"):
        derive(tmp_path)
    with pytest.raises(UsageError, match="give the folder of a run"):
        derive(tmp_path / "elsewhere")
