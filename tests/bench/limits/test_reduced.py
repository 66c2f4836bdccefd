"""What int8 must be is judged, and shown, by the samples of both precisions; without them nothing is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cli import main
from bench.limits import document, reduced_report
from bench.limits.reduced import AGREES, BARE, BYTES, COST, ENCODE, MEMORY, PHASE, PRICED, START
from bench.limits.samples import Sample, Samples

PHASES = {"boot": 80, "init": 600, "import": 300, "fetch": 580, "load": 40, "tokenize": 1, "encode": 90, "handler": 92}


def planted(cold: float = 0.5) -> Samples:
    samples = Samples()
    samples.add(Sample(PRICED, "AWS", "us-east-1, 2026-06-13", 0.0, ""))
    for turn in range(7):
        wobble = 1 + turn / 100
        for storage in ("efs", "s3", "oci"):
            samples.add(Sample(START, storage, BARE, 300 * wobble, "ms", turn))
        for precision, share, time in (("fp32", 1.0, 1.0), ("int8", 0.25, cold)):
            for storage in ("efs", "s3", "oci"):
                starts = {START: 1000 * time, BYTES: 340e6 * share, MEMORY: 460 * share, COST: 9 * share}
                for what, value in starts.items():
                    samples.add(Sample(what, storage, precision, value * wobble, "", turn))
                for phase, value in PHASES.items():
                    samples.add(Sample(f"{PHASE}{phase}", storage, precision, value * time * wobble, "ms", turn))
            for tokens in (20, 512, 4096):
                samples.add(Sample(ENCODE, f"{tokens} tokens", precision, tokens * time * wobble, "ms", turn))
    for name, value in {"items": 60, "top_1": 0.9, "top_3": 0.95, "cosine_median": 0.995, "cosine_p1": 0.991}.items():
        samples.add(Sample(AGREES, "int8", name, value, ""))
    return samples


def test_planted_ratios_come_out_and_all_are_met() -> None:
    rows = {row.text: row for row in reduced_report.rows(planted())}
    assert len(rows) == 3 * 3 + 1 + 3 + 1
    assert rows["s3: cold start over HTTP, cold cache, int8 / fp32"].value == pytest.approx(0.5)
    assert rows["oci: bytes before the first answer, int8 / fp32"].value == pytest.approx(0.25)
    assert rows["efs: cost of a cold start, int8 / fp32"].limit == 0.3
    assert rows["int8: cosine with fp32's vectors, 1st percentile"].value == 0.991
    assert all(row.met for row in rows.values())


def test_a_start_that_is_too_slow_is_missed_by_each_storages_own_limit() -> None:
    starts = [row for row in reduced_report.rows(planted(cold=0.7)) if "cold start over" in row.text]
    missed = {row.text.partition(":")[0] for row in starts if not row.met}
    assert missed == {"efs", "s3"}  # the image may take 0.75


def test_the_section_says_where_the_time_goes() -> None:
    said = "\n".join(reduced_report.lines(planted()))
    # rest: 1,000 - 80 - 600 - 92; unread: 1,000 - (600 - 300 - 40); all x 1.03, and half of that in int8
    assert "| 82.4 | 618 | 309 | 597 | 41.2 | 1.0 | 92.7 | 235 | 762 | 1.0 | 0.740 |" in said
    assert "| 0.500 | 0.370 |" in said
    assert "| S3 | no model | 309 (302-316) |" in said
    assert "| 0.300 |  |" in said
    assert "| image | read, MB | 350 (342-358) | 87." in said
    assert "Of the 60 incidents of the index, 90.0%" in said


def test_samples_of_an_earlier_version_say_nothing_of_it(tmp_path: Path) -> None:
    assert not list(reduced_report.rows(Samples()))
    assert not list(reduced_report.lines(Samples()))
    assert document.write(planted(), tmp_path / "a.md")
    assert "int8 beside fp32" in (tmp_path / "a.md").read_text()
    assert not document.write(planted(cold=0.9), tmp_path / "a.md")


def test_without_a_bundle_in_int8_nothing_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for options in ((), ("--int8",)):
        assert main(["limits", *options, "--bundle", str(tmp_path / "none")]) == 2
        assert "python -m model build --precision" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
