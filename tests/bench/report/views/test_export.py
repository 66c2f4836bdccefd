"""Every sample is exported as it was judged, in CSV and in Parquet alike."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest
from pyarrow import parquet

from bench.report.views.export import export
from bench.runs.judge import judge_run
from bench.runs.plan import Axes
from bench.runs.store import RESULTS, read_run
from tests.bench.support.failing import command, failing, measured

AXES = Axes(("s3", "oci"), cold=3, warm=6)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return measured(tmp_path_factory.mktemp("run"), failing("s3", 40), AXES)


def test_both_formats_have_a_row_for_each_sample_as_judged(run: Path, tmp_path: Path) -> None:
    judged = judge_run(read_run(run))
    for name in ("samples.csv", "samples.parquet"):
        code, said = command("export", run, tmp_path / name)
        assert (code, f"{len(judged)} samples" in said) == (0, True)
    with (tmp_path / "samples.csv").open(newline="") as file:
        texts = list(csv.DictReader(file))
    values = parquet.read_table(tmp_path / "samples.parquet").to_pylist()
    assert [row["id"] for row in values] == [item.sample.id for item in judged]
    assert {row["status"] for row in values} == {"ok", "failed", "invalid"}
    for item, text, value in zip(judged, texts, values, strict=True):
        assert value["request_ms"] == float(text["request_ms"]) == item.sample.seen.request_ms
        assert value["used"] is item.used
        assert text["used"] == str(item.used).lower()
        assert value["storage"] == text["storage"] == item.sample.variant.backend
        assert (value["memory_mb"], text["memory_mb"]) == (None, "")
        assert value["report_init_ms"] == (item.report.init_ms if item.report else None)


def test_what_a_service_said_is_not_a_formula(run: Path, tmp_path: Path) -> None:
    lines = (run / RESULTS).read_text().replace('"error":"', '"error":"=cmd()')
    assert "=cmd()" in lines
    (tmp_path / RESULTS).write_text(lines)
    export(judge_run(read_run(tmp_path)), tmp_path / "samples.csv")
    with (tmp_path / "samples.csv").open(newline="") as file:
        reasons = {row["reasons"] for row in csv.DictReader(file)}
    assert any(reason.startswith("'=cmd()") for reason in reasons)
    assert not any(reason.startswith("=") for reason in reasons)


@pytest.mark.parametrize("name", ["samples", "samples.txt", "samples.CSV.gz", "nowhere/samples.csv"])
def test_another_end_or_a_folder_that_is_missing_is_refused(run: Path, tmp_path: Path, name: str) -> None:
    assert command("export", run, tmp_path / name)[0] == 2
    assert list(tmp_path.iterdir()) == []


def test_parquet_without_its_library_says_how_to_get_it(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert command("export", run, tmp_path / "samples.parquet")[0] == 2
    assert command("export", run, tmp_path / "samples.csv")[0] == 0


def test_a_file_that_cannot_be_written_leaves_nothing(run: Path, tmp_path: Path) -> None:
    (tmp_path / "samples.csv").mkdir()
    assert command("export", run, tmp_path / "samples.csv")[0] == 5
    assert [path.name for path in tmp_path.iterdir()] == ["samples.csv"]
