"""A run in the lab lets expect what it would be on AWS; the prediction says what it rests on, and never more."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.predict.montecarlo import ROBUST
from bench.predict.parameters import SEED
from bench.process.errors import UsageError
from bench.report import on_aws
from bench.report.predicting import COLD_KINDS, Wanted, parameters_for, predicted_run
from bench.report.prediction import Case, Likely, PredictedRun, PredictedVerdict, case_name
from bench.report.report import Report, report_of
from bench.report.views.write import derive
from bench.runs.plan import Axes
from bench.runs.store import read_run
from tests.bench.support.failing import measured
from tests.bench.support.simulator import Truth

BACKENDS = ("efs", "s3", "oci")
AXES = Axes(BACKENDS, cold=10, warm=20)
LAB = {"efs": 900.0, "s3": 1700.0, "oci": 2600.0}  # the opposite of what the published figures say


def in_the_lab(folder: Path, axes: Axes = AXES, **changes: str) -> Path:
    truth = Truth(
        cold=lambda backend, engine, rng: LAB[backend] * rng.lognormvariate(0, 0.02),
        warm=lambda backend, engine, rng: 80 * rng.lognormvariate(0, 0.05),
    )
    return measured(folder, axes=axes, truth=truth, **changes)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return report_of(read_run(in_the_lab(tmp_path_factory.mktemp("lab"))))


@pytest.fixture(scope="module")
def prediction(report: Report) -> PredictedRun:
    assert report.on_aws is not None
    return report.on_aws


def test_it_has_each_storage_cold_and_warm_beside_what_the_run_measured(
    report: Report, prediction: PredictedRun
) -> None:
    assert [(item.kind, item.case.backend) for item in prediction.times] == [
        (kind, backend) for kind in (*COLD_KINDS, "warm") for backend in BACKENDS
    ]
    own = {item.variant.backend: item for item in report.variants}
    for item in prediction.times:
        found = own[item.case.backend]
        expected = {"new-sandbox": found.cold.p50_ms, "first-deploy": None, "warm": found.warm.p50_ms}
        assert item.run_ms == expected[item.kind]
        assert (item.case.memory_mb, item.case.bytes_read) == (2048, 340_000_000)
        assert item.ms.low < item.ms.median < item.ms.high


def test_the_shares_of_the_width_are_of_known_parameters_and_at_most_all_of_it(prediction: PredictedRun) -> None:
    for item in prediction.times:
        assert 0 < sum(item.width.values()) <= 1.001
        assert item.widest == max(item.width.items(), key=lambda each: each[1])


def test_a_verdict_agrees_with_the_median_difference_and_names_what_it_turns_round(prediction: PredictedRun) -> None:
    for item in prediction.verdicts:
        if item.ahead is None:
            assert item.difference_ms.median == 0
            continue
        assert item.ahead == (item.a if item.difference_ms.median < 0 else item.b).backend
        assert (item.agreement >= ROBUST) == (item.mark == "robust")
        assert (item.decided_by is not None) == (item.mark == "depends")
    turned = {(item.a.backend, item.b.backend) for item in prediction.verdicts if item.turned_round}
    assert ("efs", "oci") in turned  # the run says that EFS is the fastest, every published figure the opposite
    assert all(on_aws.beside_the_run(i).startswith("the opposite") for i in prediction.verdicts if i.turned_round)


def test_the_orders_say_no_more_than_the_verdicts(prediction: PredictedRun) -> None:
    cold, first, warm = on_aws.orders(prediction)
    assert cold.startswith("Predicted, cold (new-sandbox): efs before s3 before oci in the lab; ")
    assert "in the lab" not in first
    assert warm.count("about as fast as") == 4  # the run resolves no difference, and none is predicted
    marks = {frozenset((i.a.backend, i.b.backend)): i.mark for i in prediction.verdicts if i.kind == "new-sandbox"}
    pairs = re.findall(r"(?=\b(\w+) (perhaps )?before (\w+))", cold.partition("in the lab; ")[2])
    assert [bool(perhaps) for a, perhaps, b in pairs if a != "perhaps"] == [
        marks[frozenset((a, b))] != "robust" for a, _, b in pairs if a != "perhaps"
    ]
    assert len([a for a, _, _ in pairs if a != "perhaps"]) == 2


def test_the_same_seed_gives_the_same_prediction_and_another_one_nearly(
    report: Report, prediction: PredictedRun
) -> None:
    assert predicted_run(report.evidence, Wanted()) == prediction
    other = predicted_run(report.evidence, Wanted(seed=7))
    assert other != prediction
    for a, b in zip(prediction.times, other.times, strict=True):
        assert a.ms.median == pytest.approx(b.ms.median, rel=0.1)


def test_memory_sizes_and_bytes_that_are_asked_for_are_predicted(report: Report) -> None:
    found = predicted_run(report.evidence, Wanted(memories=(1024, 4096), sizes=(50_000_000, 2_000_000_000)))
    cases = {(case.memory_mb, case.bytes_read) for case in found.cases}
    assert cases == {(memory, size) for memory in (1024, 4096) for size in (50_000_000, 2_000_000_000)}
    assert {item.run_ms for item in found.times} == {None}
    ms = {(item.case.backend, item.case.memory_mb, item.case.bytes_read, item.kind): item.ms for item in found.times}
    for backend in BACKENDS:
        assert ms[backend, 4096, 50_000_000, "warm"].median < ms[backend, 1024, 50_000_000, "warm"].median
        for kind in COLD_KINDS:
            small, large = (ms[backend, 1024, size, kind].median for size in (50_000_000, 2_000_000_000))
            assert small < large


def test_a_run_on_aws_has_no_such_block_but_can_be_predicted_from(tmp_path: Path) -> None:
    aws = derive(in_the_lab(tmp_path, target="aws"))
    assert aws.on_aws is None
    assert on_aws.TITLE not in (tmp_path / "report.md").read_text()
    assert json.loads((tmp_path / "summary.json").read_text())["on_aws"] is None
    found = predicted_run(aws.evidence, Wanted())
    assert found.basis.place == "on AWS"
    assert "as a core there" not in on_aws.rests_on(found.basis)


def test_a_faster_machine_does_not_give_a_faster_prediction(report: Report) -> None:
    """The same work in half the time, on a core that is twice as fast."""
    session, machine = report.meta.session, dict(report.meta.session.facts["machine"])
    slow, fast = (replace(session, facts={"machine": {**machine, "fibonacci_ms": calls}}) for calls in (866.0, 433.0))
    assert "takes 1.7 (1.3-2.2) times as long as a core there" in on_aws.rests_on(
        predicted_run(replace(report.evidence, session=fast), Wanted()).basis
    )
    on_slow, on_fast = (parameters_for(each, SEED).core_time for each in (slow, fast))
    assert on_fast == pytest.approx(2 * on_slow)
    times = [predicted_run(replace(report.evidence, session=each), Wanted()).times for each in (slow, fast)]
    assert all(a.ms.median < b.ms.median for a, b in zip(*times, strict=True))


def test_on_lambda_the_cores_are_its_own_whatever_the_machine_that_asks(tmp_path: Path) -> None:
    aws = report_of(read_run(in_the_lab(tmp_path, target="aws"))).meta.session
    assert set(parameters_for(replace(aws, facts={"machine": {"fibonacci_ms": 100.0}}), SEED).core_time) == {1.0}


def test_records_that_do_not_say_enough_give_a_report_without_the_block(report: Report) -> None:
    session = replace(report.meta.session, facts={})
    with pytest.raises(UsageError, match="how many cores"):
        predicted_run(replace(report.evidence, session=session), Wanted())
    unread = [replace(item, fetched_bytes=None) for item in report.variants]
    with pytest.raises(UsageError, match="what a cold start over HTTP reads"):
        predicted_run(replace(report.evidence, variants=unread), Wanted())


def test_every_view_shows_the_block_and_calls_it_a_prediction(tmp_path: Path) -> None:
    derive(in_the_lab(tmp_path))
    summary = json.loads((tmp_path / "summary.json").read_text())["on_aws"]
    assert len(summary["times"]) == 9
    for name in ("report.md", "report.html"):
        text = (tmp_path / name).read_text()
        block = text[text.index(on_aws.TITLE) :]
        assert "A prediction, not a measurement" in block
        assert f"seed {summary['basis']['seed']}" in block
        assert summary["basis"]["figures_date"] in block


def test_a_run_of_two_memory_sizes_takes_the_work_of_the_larger_one(tmp_path: Path) -> None:
    axes = Axes(BACKENDS, cold=3, warm=3, memories=(1024, 3008))
    found = report_of(read_run(in_the_lab(tmp_path, axes))).on_aws
    assert found is not None
    assert {case.memory_mb for case in found.cases} == {1024, 3008}
    assert all(item.run_ms is not None for item in found.times if item.kind != "first-deploy")


@given(st.floats(0, 1))
def test_only_none_or_all_of_the_draws_are_never_or_always(share: float) -> None:
    said = on_aws.likelihood(share)
    assert (said == "never") == (share == 0)
    assert (said == "always") == (share == 1)
    if 0 < share < 1:
        assert 1 <= int(said.removesuffix("%")) <= 99


@given(st.lists(st.floats(-1e7, 1e7), min_size=3, max_size=3).map(sorted))
def test_a_sentence_names_who_is_ahead_first(ends: list[float]) -> None:
    low, median, high = ends
    a, b = (Case(name, "onnx", 3008, 20, 1) for name in ("a", "b"))
    ahead = "a" if median < 0 else "b"
    verdict = PredictedVerdict("warm", a, b, ahead, 0.9, Likely(median, low, high), "robust", None, None)
    assert on_aws.sentence(verdict, (a, b)).startswith(f"{ahead} is ")


cases = st.builds(
    Case, st.sampled_from(BACKENDS), st.sampled_from(["onnx", "transformers"]), st.sampled_from([1024, 3008]),
    st.sampled_from([20, 4096]), st.sampled_from([345_000_000, 595_000_000]),
)  # fmt: skip


@given(st.lists(cases, min_size=1, max_size=12, unique=True))
def test_cases_have_names_of_their_own(found: list[Case]) -> None:
    names = [case_name(case, found) for case in found]
    assert len(set(names)) == len(found)
    assert case_name(found[0], found[:1]) == found[0].backend
