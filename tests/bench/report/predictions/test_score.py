"""A run scores the prediction that was made for it: what was planted is covered or not, and misfits are refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench.process.errors import UsageError
from bench.report.predicting import Wanted, predicted_run
from bench.report.prediction import PredictedRun
from bench.report.predictions.file import prediction_text
from bench.report.predictions.score import scores, scores_table
from bench.report.report import report_of
from bench.runs.plan import Axes
from bench.runs.store import read_run
from tests.bench.support.failing import command, failing, measured
from tests.bench.support.simulator import Truth

PROCESSOR = {"name": "processor", "limited": {}, "unlimited": {}, "reachable": 3008}
BACKENDS = ("efs", "s3", "oci")
AXES = Axes(BACKENDS, cold=10, warm=20, first_deploy=1)


@pytest.fixture(scope="module")
def prediction(tmp_path_factory: pytest.TempPathFactory) -> PredictedRun:
    report = report_of(read_run(measured(tmp_path_factory.mktemp("lab"), axes=AXES)))
    return predicted_run(report.evidence, Wanted())


def on_aws(folder: Path, prediction: PredictedRun, slower: float = 1.0, **changes: object) -> Path:
    """A run on AWS that takes exactly the predicted medians, times a factor."""
    ms = {(item.case.backend, item.kind): slower * item.ms.median for item in prediction.times}
    truth = Truth(
        cold=lambda backend, engine, rng: ms[backend, "new-sandbox"],
        warm=lambda backend, engine, rng: ms[backend, "warm"],
    )
    return measured(folder, axes=AXES, truth=truth, **{"target": "aws", **changes})


def test_a_run_that_takes_what_was_predicted_is_covered(prediction: PredictedRun, tmp_path: Path) -> None:
    found = scores(prediction, report_of(read_run(on_aws(tmp_path, prediction))))
    times = [score for score in found if score.is_time and score.predicted.kind != "first-deploy"]
    assert len(times) == 6
    assert all(score.covered for score in times)
    assert [score.ratio for score in times] == pytest.approx([1.0] * 6, abs=0.01)
    assert {score.n for score in times} == {10, 20}


def test_a_run_that_takes_ten_times_as_long_is_not(prediction: PredictedRun, tmp_path: Path) -> None:
    run = on_aws(tmp_path / "aws", prediction, slower=10)
    file = tmp_path / "prediction.json"
    file.write_text(prediction_text(prediction))
    code, printed = command("compare", file, run, "--json")
    assert code == 1
    times = [
        each
        for each in json.loads(printed)["scores"]
        if each["what"] == "the time of a caller" and each["kind"] != "first-deploy"
    ]
    assert {each["covered"] for each in times} == {False}
    assert command("compare", file, run)[1].count("  no │") >= len(times)


def test_a_lab_is_scored_with_its_own_cores_and_says_so(prediction: PredictedRun, tmp_path: Path) -> None:
    for target, says in (("lab", True), ("aws", False)):
        shape = {"shape": {**PROCESSOR, "name": "lambda"}} if target == "lab" else {}
        report = report_of(read_run(on_aws(tmp_path / target, prediction, target=target, **shape)))
        note = scores_table(scores(prediction, report), report, "a run").note
        assert ("cores are those of its machine" in note) is says


def test_parts_are_scored_by_what_the_function_says(prediction: PredictedRun, tmp_path: Path) -> None:
    report = report_of(read_run(on_aws(tmp_path, prediction)))
    found = {(score.predicted.case.backend, score.what): score for score in scores(prediction, report)}
    for item in report.variants:
        backend, phases = item.variant.backend, item.phases_ms
        assert found[backend, "fetch rate"].measured == item.fetch_mb_s
        assert found[backend, "start of the runtime"].measured == phases["boot"]
        assert found[backend, "imports and loading, without fetch"].measured == phases["import"] + phases["load"]
        assert found[backend, "first answer"].measured == pytest.approx(phases["handler"] - phases["wait"])
    rate = found["s3", "fetch rate"]
    assert rate.unit == "MB/s"
    assert rate.parameter
    assert rate.ratio == pytest.approx(rate.measured / rate.likely.median)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"target": "lab"}, "not shaped like Lambda"),
        ({"target": "lab", "shape": PROCESSOR}, "not shaped like Lambda"),
        ({"bundleHash": "c" * 64}, "another model bundle"),
    ],
)
def test_a_run_that_does_not_fit_is_refused(
    changes: dict[str, object], said: str, prediction: PredictedRun, tmp_path: Path
) -> None:
    report = report_of(read_run(on_aws(tmp_path, prediction)))
    session = report.meta.session
    target = {**session.target, "kind": changes.get("target", "aws"), **changes}
    changed = replace(report, meta=replace(report.meta, session=replace(session, target=target)))
    with pytest.raises(UsageError, match=said):
        scores(prediction, changed)


def test_a_prediction_of_another_precision_or_of_another_bundle_in_it_is_refused(
    prediction: PredictedRun, tmp_path: Path
) -> None:
    report = report_of(read_run(on_aws(tmp_path, prediction)))
    for bundles, said in (({"int8": "a"}, "another precision"), ({"int8": "a", "fp32": "b"}, "another model bundle")):
        with pytest.raises(UsageError, match=said):
            scores(replace(prediction, basis=replace(prediction.basis, bundles=bundles)), report)


def test_another_engine_or_no_common_case_is_refused(prediction: PredictedRun, tmp_path: Path) -> None:
    report = report_of(read_run(on_aws(tmp_path, prediction)))
    other = [replace(item, case=replace(item.case, engine="transformers")) for item in prediction.times]
    with pytest.raises(UsageError, match="another engine"):
        scores(replace(prediction, times=tuple(other)), report)
    larger = [replace(item, case=replace(item.case, memory_mb=4096)) for item in prediction.times]
    with pytest.raises(UsageError, match="no variant"):
        scores(replace(prediction, times=tuple(larger)), report)


def test_exit_codes_tell_the_outcomes_apart(prediction: PredictedRun, tmp_path: Path) -> None:
    file = tmp_path / "prediction.json"
    cold = [item for item in prediction.times if item.kind in ("new-sandbox", "warm")]
    file.write_text(prediction_text(replace(prediction, times=tuple(cold))))
    assert command("compare", file, on_aws(tmp_path / "as-predicted", prediction))[0] == 0
    assert command("compare", file, on_aws(tmp_path / "slower", prediction, slower=10))[0] == 1
    assert command("compare", file, measured(tmp_path / "lab", axes=AXES))[0] == 2
    assert command("compare", file, tmp_path / "as-predicted", "--anyway")[0] == 2
    assert command("compare", file, tmp_path / "as-predicted", "--fail-above", "2")[0] == 2
    failed = measured(tmp_path / "failed", failing("s3", 10), AXES, Truth(), target="aws")
    assert command("compare", file, failed)[0] == 4
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    assert command("compare", broken, tmp_path / "as-predicted")[0] == 2
