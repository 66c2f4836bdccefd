"""Tests what a report says of precisions that are not fp32, on planted samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bench.cost.choose import DOES_NOT, MEETS, UNDECIDED
from bench.report.answers import compare_answers
from bench.report.compare_runs import compared
from bench.report.comparisons import compare_backends, compare_precisions
from bench.report.names import variant_name
from bench.report.on_aws import sentence
from bench.report.precisions import Precision, meets_agreement, precisions_of
from bench.report.prediction import Case, Likely, PredictedVerdict, case_name
from bench.runs.judge import Judged
from bench.runs.plan import Axes, Variant
from bench.runs.records import Session
from contract.precisions import Agreement
from tests.bench.support.samples import judged

EXACT, REDUCED = Variant("s3", "onnx"), Variant("s3", "onnx", precision="int8")
BUILT = Agreement(100, 0.96, 0.97, 0.9999, 0.995)


def _run(rounds: int = 12) -> Iterator[Judged]:
    """int8 takes half as long, and ranks otherwise."""
    for number in range(1, rounds + 1):
        for variant, ms, ids in ((EXACT, 200.0 + number, (1, 2, 3)), (REDUCED, 100.0 + number, (2, 1, 4))):
            item = judged(f"r{number}.{variant.label}", 0, at=(number, 0), variant=variant, state="cold", ms=ms)
            results = tuple((each, 0.9 - place / 10) for place, each in enumerate(ids))
            seen = replace(item.sample.seen, results=results, bundle_hash=variant.precision)
            yield replace(item, sample=replace(item.sample, seen=seen))


def test_int8_is_compared_with_fp32_and_not_with_other_storages() -> None:
    samples, variants = list(_run()), [EXACT, REDUCED]
    assert compare_backends(samples, variants) == ()
    cold, _ = compare_precisions(samples, variants)
    assert (cold.a, cold.b, cold.verdict.resolved) == (REDUCED, EXACT, True)
    assert cold.paired
    assert 0.5 <= cold.paired.ratio <= 0.55


def test_a_run_in_fp32_is_compared_with_one_in_int8_and_the_agreement_is_said() -> None:
    samples = list(_run())
    exact, reduced = ([item for item in samples if item.sample.variant == each] for each in (EXACT, REDUCED))
    [cold] = compared(exact, reduced, [(EXACT, REDUCED)]).changes
    assert cold.name == f"{EXACT.label} against {REDUCED.label}"
    assert cold.b_ms < cold.a_ms
    assert cold.resolved
    session = Session(1, "2026", Axes(("s3",), precisions=("int8",)), {"kind": "lab"}, {}, {})
    [agreed] = precisions_of([*exact, *reduced], [REDUCED], session)
    assert agreed.sentence.startswith("int8: the first answer is that of fp32 for 0 of 1 text(s)")


def test_a_name_tells_a_precision_that_is_not_fp32_even_where_it_is_the_only_one() -> None:
    on_efs = replace(EXACT, backend="efs")
    assert variant_name(EXACT, [EXACT, on_efs]) == "s3"
    assert variant_name(REDUCED, [REDUCED]) == "s3 · int8"
    assert [variant_name(each, [EXACT, REDUCED]) for each in (EXACT, REDUCED)] == ["s3 · fp32", "s3 · int8"]


def test_a_predicted_verdict_names_the_precision_where_one_is_not_fp32() -> None:
    a, b = (Case(backend, "onnx", 3008, 20, 10**6) for backend in ("efs", "s3"))
    reduced = [replace(case, precision="int8") for case in (a, b)]
    faster = Likely(-3.0, -4.0, -2.0)
    verdicts = [PredictedVerdict("warm", x, y, "efs", 1.0, faster, "robust", None, None) for x, y in ((a, b), reduced)]
    assert sentence(verdicts[0], [a, b]).startswith("efs is ")
    assert sentence(verdicts[0], [a, b, *reduced]).startswith("efs · fp32 is ")
    assert sentence(verdicts[1], [a, b, *reduced]).startswith("efs · int8 is ")
    assert sentence(verdicts[1], [a, b, *reduced]).endswith(" faster than s3 · int8")
    assert sentence(verdicts[1], reduced).endswith(" faster than s3 · int8")
    assert case_name(reduced[0], reduced) == "efs · int8"


def test_other_answers_in_another_precision_do_not_make_a_run_unsound_and_are_not_called_the_same() -> None:
    found = compare_answers(_run())
    assert found.equal
    assert len(found.bundles) == 2
    assert found.ranking == "same ranking within each precision"


def test_two_bundles_in_one_precision_are_a_problem() -> None:
    first, *others = _run()
    strange = replace(first, sample=replace(first.sample, seen=replace(first.sample.seen, bundle_hash="another")))
    assert not compare_answers([strange, *others]).equal


@pytest.mark.parametrize(
    ("item", "wanted", "verdict"),
    [
        (Precision("int8", 0, 0, None, None), 0.95, UNDECIDED),
        (Precision("int8", 1, 1, 1.0, None), 0.95, UNDECIDED),
        (Precision("int8", 1, 1, 1.0, BUILT), 0.95, MEETS),
        (Precision("int8", 1, 1, 1.0, BUILT), 0.97, DOES_NOT),
        (Precision("int8", 1, 0, 0.5, BUILT), 0.95, DOES_NOT),
        (Precision("int8", 1, 0, 0.5, None), None, MEETS),
    ],
)
def test_an_agreement_is_met_only_where_it_is_shown(item: Precision, wanted: float | None, verdict: str) -> None:
    assert meets_agreement([item], REDUCED, wanted) == verdict
    assert meets_agreement([item], EXACT, wanted) == MEETS


@pytest.mark.parametrize(
    "wrong", [{"precisions": ("int4",)}, {"precisions": ()}, {"precisions": ("int8",), "engines": ("transformers",)}]
)
def test_a_precision_that_cannot_be_measured_makes_no_plan(wrong: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(ValueError, match="--precision"):
        Axes(("s3",), **wrong)  # type: ignore[arg-type]
