"""Tests what a report says of precisions that are not fp32, on planted samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bench.cost.choose import DOES_NOT, MEETS, UNDECIDED
from bench.report.answers import compare_answers
from bench.report.comparisons import compare_backends, compare_precisions
from bench.report.precisions import Precision, meets_agreement
from bench.runs.judge import Judged
from bench.runs.plan import Axes, Variant
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
