"""prediction.json comes back as it was written; anything else is named and refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.process.errors import UsageError
from bench.report.prediction import Basis, Case, Likely, PredictedRun, PredictedTime, PredictedVerdict, Quantity
from bench.report.predictions.file import MOST_BYTES, prediction_text, read_prediction
from bench.runs.cold_starts import COLD_STARTS

shares = st.floats(0, 1)
names = st.text(max_size=12)
kinds = st.sampled_from(["warm", *(kind.name for kind in COLD_STARTS)])
spans = st.lists(st.floats(-1e8, 1e8), min_size=3, max_size=3).map(sorted).map(lambda it: Likely(it[1], it[0], it[2]))
counts = st.integers(0, 1 << 40)
cases = st.builds(Case, names, names, counts, counts, counts)
quantities = st.builds(Quantity, spans, st.none() | names)
times = st.builds(
    PredictedTime, cases, kinds, spans, st.none() | st.floats(0, 1e8), st.dictionaries(names, shares, max_size=3),
    st.dictionaries(names, spans, max_size=3), st.dictionaries(names, quantities, max_size=3), shares, shares,
)  # fmt: skip
verdicts = st.builds(
    PredictedVerdict, kinds, cases, cases, st.none() | names, shares, spans,
    st.sampled_from(["robust", "depends", "cannot be told"]), st.none() | names, st.none() | names,
)  # fmt: skip
bases = st.builds(
    Basis, names, names, st.none() | names, st.none() | names, names, st.integers(1, 10**6), st.integers(0, 1 << 60)
)
predictions = st.builds(
    PredictedRun, bases, st.lists(times, max_size=3).map(tuple), st.lists(verdicts, max_size=3).map(tuple)
)


@given(predictions)
def test_what_was_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, prediction: PredictedRun) -> None:
    path = tmp_path_factory.getbasetemp() / "prediction.json"
    path.write_text(prediction_text(prediction), encoding="utf-8")
    assert read_prediction(path) == prediction


LIKELY = Likely(2.0, 1.0, 3.0)
CASE = Case("s3", "onnx", 3008, 20, 340_000_000)
ONE = PredictedRun(
    Basis("2026", "lab", "x86_64", "b" * 64, "2026-11-25", 2000, 1),
    (PredictedTime(CASE, "warm", LIKELY, 4.0, {"x": 1.0}, {"load": LIKELY}, {}, 0.0, 0.0),),
    (PredictedVerdict("warm", CASE, CASE, "s3", 1.0, LIKELY, "robust", None, None),),
)
Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda it: it.update(kind="run"), "predict DIR"),
        (lambda it: it.pop("kind"), "predict DIR"),
        (lambda it: it.update(schema=2), "another version"),
        (lambda it: it.update(schema="1"), "schema"),
        (lambda it: it.pop("basis"), "basis"),
        (lambda it: it["basis"].update(draws=0), "basis.draws"),
        (lambda it: it["basis"].update(seed=-1), "basis.seed"),
        (lambda it: it["times"][0].update(kind="lukewarm"), "times.0.kind"),
        (lambda it: it["times"][0]["ms"].update(low=2.5), "times.0.ms"),
        (lambda it: it["times"][0]["ms"].update(high=float("inf")), "not finite"),
        (lambda it: it["times"][0]["ms"].update(median="2"), "times.0.ms.median"),
        (lambda it: it["times"][0].update(given_up=1.5), "times.0.given_up"),
        (lambda it: it["times"][0].update(run_ms=-1.0), "times.0.run_ms"),
        (lambda it: it["times"][0]["case"].update(memory_mb=-1), "times.0.case.memory_mb"),
        (lambda it: it["verdicts"][0].update(mark="sure"), "verdicts.0.mark"),
        (lambda it: it.update(times=5), "times"),
    ],
)
def test_what_cannot_be_is_named(change: Change, said: str, tmp_path: Path) -> None:
    value = json.loads(prediction_text(ONE))
    change(value)
    path = tmp_path / "prediction.json"
    path.write_text(json.dumps(value))
    with pytest.raises(UsageError, match=said):
        read_prediction(path)


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"null", b"\xff", b"[" * 100_000])
def test_what_is_not_a_prediction_is_refused(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "prediction.json"
    path.write_bytes(text)
    with pytest.raises(UsageError, match=r"prediction\.json"):
        read_prediction(path)


def test_a_file_that_is_too_large_is_not_parsed(tmp_path: Path) -> None:
    path = tmp_path / "prediction.json"
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(UsageError, match="larger than 16 MB"):
        read_prediction(path)


def test_a_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_prediction(tmp_path / "none.json")
