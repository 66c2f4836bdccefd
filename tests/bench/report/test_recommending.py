"""Every view of a run begins with the same recommendation."""

from __future__ import annotations

import html
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from bench.report.kept import keep_alive_of
from bench.report.recommendation import TITLE
from bench.report.report import Report, report_of
from bench.runs.plan import Axes
from bench.runs.store import Run, read_run
from tests.acceptance.deciding.dollars import BACKENDS, dollars
from tests.bench.support.failing import command, failing, measured
from tests.bench.support.simulator import Truth

COLD_MS = {"efs": 1060.0, "s3": 1135.0, "oci": 535.0}
AXES = Axes(BACKENDS, cold=10, warm=20)


def latency(backend: str, engine: str, rng: random.Random) -> float:
    return COLD_MS[backend] * rng.lognormvariate(0, 0.05)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    truth = Truth(cold=latency, warm=lambda backend, engine, rng: 55 * rng.lognormvariate(0, 0.03))
    found = measured(tmp_path_factory.mktemp("run"), axes=AXES, truth=truth, bundleBytes=400_000)
    assert command("report", found)[0] == 0
    return found


@pytest.fixture(scope="module")
def run(directory: Path) -> Run:
    return read_run(directory)


@pytest.fixture(scope="module")
def report(run: Run) -> Report:
    return report_of(run)


def test_each_profile_gets_an_answer_by_how_much_and_how_sure(report: Report) -> None:
    rare, office, steady = report.advice.recommendations
    assert (rare.traffic, office.traffic, steady.traffic) == ("rare", "office", "steady")
    assert rare.take == "oci"
    assert {item.name for item in rare.against} == {"efs", "s3"}
    assert all(item.wait_ratio > 1.8 and item.wait_ratio_interval for item in rare.against)
    assert "5 to 65 minutes" in rare.sure
    assert rare.answer.startswith("Take oci: a typical request waits 4")
    assert "with efs 2." in rare.answer
    # the tie is broken by the cold start where all are warm
    assert steady.take == "oci"


def test_the_price_of_a_cold_start_is_a_verdict_like_the_others(report: Report) -> None:
    costs = [verdict for about, verdict in report.verdicts if about == "cost"]
    assert len(costs) == 3
    assert all(verdict.resolved for verdict in costs)
    assert costs[0].sentence.startswith("a cold start with efs costs $0.0095, 1")
    assert "one with s3 ($0.0000" in costs[0].sentence


def test_every_view_begins_with_it(directory: Path, report: Report) -> None:
    printed = command("report", directory)[1].replace("\n", " ")
    markdown, page = ((directory / name).read_text() for name in ("report.md", "report.html"))
    summary = json.loads((directory / "summary.json").read_text())
    first = report.advice.recommendations[0]
    assert printed.startswith(f"rare ({first.words}): Take oci")
    assert markdown.index(TITLE) < markdown.index("## Verdicts") < markdown.index("## Latency")
    assert html.unescape(page).index(first.answer) < html.unescape(page).index(">Verdicts</h2>")
    assert next(iter(summary)) == "recommendation"
    assert next(item["take"] for item in summary["recommendation"]["traffics"]) == "oci"
    assert summary["recommendation"]["unmeasured"] == ["scale-out", "idle", "first-deploy"]


def test_a_traffic_of_ones_own_is_answered_and_named_the_same_dollars_everywhere(directory: Path) -> None:
    assert len(set(dict(dollars(directory, "office:200/h")).values())) == 1
    found = dict(dollars(directory, "100000/h"))
    assert len(set(found.values())) == 1
    assert "chart" in found


def test_the_size_of_the_bundle_is_the_recorded_one(report: Report) -> None:
    assert report.costs is not None
    assert (report.costs.stored_bytes, report.costs.size_is_recorded) == ({"fp32": 400_000}, True)
    idle = {item.variant.backend: item.costs.idle_month for item in report.costs.variants}
    # 0.4 MB at 0.30 and at 0.023 a GB, beside an image of 250 MB
    assert idle["efs"] - idle["s3"] == pytest.approx(400_000 * (0.30 - 0.023) / 2**30)


def test_figures_that_must_not_be_used_are_not_recommended(tmp_path: Path) -> None:
    code, printed = command("report", measured(tmp_path, failing("s3", 20), Axes(("s3", "oci"), cold=10, warm=20)))
    assert code == 4
    assert printed.startswith("No recommendation: the figures of this run must not be used.")


def test_few_rounds_say_how_many_more_it_takes(tmp_path: Path) -> None:
    few = report_of(read_run(measured(tmp_path / "few", axes=Axes(("s3", "oci"), cold=4, warm=8))))
    (rare, *_) = few.advice.recommendations
    assert (rare.take, rare.more and rare.more.rounds) == (None, 4)
    assert "It takes about 4 more rounds (" in rare.answer
    one = report_of(read_run(measured(tmp_path / "one", axes=Axes(("s3",), cold=4, warm=8))))
    assert one.advice.withheld
    assert one.advice.sentences[0].startswith("No recommendation: it takes two storages")


def test_pauses_on_aws_measure_the_keep_alive(tmp_path: Path) -> None:
    # a lab keeps its environments by a rule of its own
    axes = Axes(("s3", "oci"), cold=5, warm=10, idle_s=(900.0,))
    lab = read_run(measured(tmp_path / "lab", axes=axes))
    assert keep_alive_of(report_of(lab).keep_alive, lab.first).high_min == 65
    aws = read_run(measured(tmp_path / "aws", axes=axes, target="aws"))
    kept = keep_alive_of(report_of(aws).keep_alive, aws.first)
    # the simulated account keeps environments for 600 s, so after 900 s all are gone
    assert (kept.low_min, kept.high_min) == (5, 15)
    assert "this run's pauses" in kept.source
    stayed = read_run(measured(tmp_path / "stayed", axes=replace(axes, idle_s=(480.0,)), target="aws"))
    kept = keep_alive_of(report_of(stayed).keep_alive, stayed.first)
    assert (kept.low_min, kept.middle_min, kept.high_min) == (8, 8, 65)


def test_the_mode_and_the_reads_that_were_recorded_are_billed(tmp_path: Path) -> None:
    modes = {"efs": {"mode": "bursting"}, "s3": {}, "oci": {}}
    directory = measured(tmp_path, axes=replace(AXES, cold=4, warm=8))
    lines = [json.loads(line) for line in (directory / "results.jsonl").read_text().splitlines()]
    for line in lines:
        if line["kind"] == "session":
            for backend in line["target"]["backends"]:
                backend.update(modes[backend["name"]])
        if line["kind"] == "sample":
            line["seen"]["fetches"] = 1000 if line["seen"]["invocation"] == 1 else 0
    (directory / "results.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = report_of(read_run(directory)).costs
    assert found is not None
    cold = {item.variant.backend: item.costs.cold_start for item in found.variants}
    assert cold["efs"] == pytest.approx(cold["oci"], rel=0.2)  # bursting: reading is included
    assert cold["s3"] - cold["oci"] == pytest.approx(1000 * 0.0000004, rel=0.02)
