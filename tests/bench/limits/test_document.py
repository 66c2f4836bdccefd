"""The document follows the samples: planted values come out as planted, met or not met."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cli import main
from bench.limits import checking, document, requirements
from bench.limits.samples import Sample, Samples


def planted(path: Path | None = None, encode_ratio: float = 25.0) -> Samples:
    samples = Samples(path)
    samples.add(Sample("fact", "machine", "two cores", 0.0, ""))
    samples.add(Sample("planned bytes", "bundle", "onnx", 340e6, "bytes"))
    samples.add(Sample("cores", "machine", "all", 2.0, ""))
    for number in range(9):
        wobble = 1 + number / 100
        for storage in ("efs", "s3", "oci"):
            where = f"{storage}, cold cache"
            samples.add(Sample("bytes fetched", where, "onnx", 344.3e6, "bytes", number))
            samples.add(Sample("phase fetch", where, "onnx", 1100 * wobble, "ms", number))
            samples.add(Sample("read", where, "raw read", 1000 * wobble, "ms", number))
            samples.add(Sample("read", where, "our fetch, alone", 900 * wobble, "ms", number))
            samples.add(Sample("core time", where, "raw read", 1500, "ms", number))
            samples.add(Sample("own core time", where, "raw read", 140, "ms", number))
            samples.add(Sample("rate", where, "our fetch, alone", 300.0, "MB/s", number))
            samples.add(Sample("rate", where, "raw read", 340 / wobble, "MB/s", number))
            for phase, milliseconds in {"boot": 60, "init": 1150, "import": 100, "encode": 50, "handler": 55}.items():
                samples.add(Sample(f"phase {phase}", where, "onnx", milliseconds * wobble, "ms", number))
            samples.add(Sample("cold start", where, "onnx", 1300 * wobble, "ms", number))
            samples.add(Sample("cold start", where, "transformers", 9000 * wobble, "ms", number))
        samples.add(Sample("rate", "s3, cold cache", "boto3 download_file", 100.0, "MB/s", number))
        samples.add(Sample("encode", "20 tokens", "onnx", 40 * wobble, "ms", number))
        samples.add(Sample("encode", "20 tokens", "transformers", 40 * encode_ratio * wobble, "ms", number))
    samples.add(Sample("delta", "20 tokens", "onnx against transformers", 3e-6, ""))
    samples.add(Sample("same ranking", "20 tokens", "onnx against transformers", 1.0, ""))
    return samples


def test_planted_ratios_come_out() -> None:
    rows = {row.text: row for row in requirements.rows(planted())}
    fetch = rows["s3: fetch time / raw read of the same bytes, cold cache"]
    assert fetch.value == pytest.approx(0.9)
    assert fetch.met
    assert fetch.interval
    assert fetch.interval.low < 0.9 < fetch.interval.high
    assert rows["efs: cold start over HTTP, cold cache, onnx / transformers"].value == pytest.approx(13 / 90)
    assert rows["warm encode of 20 tokens: LongformerModel / ours"].value == pytest.approx(25)
    assert rows["bytes fetched before the first answer"].value == pytest.approx(344.3)
    assert all(row.met for row in rows.values())


def test_a_requirement_that_is_missed_is_said_and_gives_another_exit_code(tmp_path: Path) -> None:
    raw = tmp_path / "limits.jsonl"
    planted(raw, encode_ratio=19.0)
    out = tmp_path / "docs" / "performance.md"
    assert main(["limits", "--from", str(raw), "--document", str(out)]) == 4
    assert "LongformerModel / ours | at least 20.0 | 19.0 |" in out.read_text()
    assert "| **no** |" in out.read_text()


def test_the_floor_is_the_sum_of_what_cannot_be_left_out(tmp_path: Path) -> None:
    out = tmp_path / "a.md"
    samples = planted()
    for size, milliseconds, megabytes in ((1_000, 0.1, 40.0), (1_000_000, 200.0, 3112.0)):
        where = f"{size:,} incidents"
        samples.add(Sample("rank", where, "top 3", milliseconds, "ms"))
        samples.add(Sample("peak memory", where, "ranking process", megabytes, "MB"))
    document.write(samples, out)
    said = out.read_text()
    assert "| EFS | 1,040 | 936 | 0.900 | 1,144 | 1.1 |" in said
    assert "| raw read | 1,040 | 1,500 | 72.1 | 140 |" in said
    # 60 boot + max(900 read, 100 imports) + 50 encode + (1,300 - 60 - 1,150 - 55) rest = 1,045 of 9,000 / 6; x 1.04
    assert "| image, cold | 62.4 | 936 | 104 | 52.0 | 36.4 | 1,087 | 1,560 | 1,352 |" in said
    # 340 MB in (1,500 - 140 of the servers + 140 of the reader) / 2 ms
    assert "So 2 cores have time for\n453 MB/s at most: 4.5 times what boto3 gets" in said
    assert "up to the\n2.5 million at which" in said


def test_the_document_is_made_again_byte_for_byte(tmp_path: Path) -> None:
    raw, out = tmp_path / "limits.jsonl", tmp_path / "a.md"
    assert document.write(planted(raw), out)
    first = (out.read_bytes(), out.with_suffix(".svg").read_bytes())
    assert main(["limits", "--from", str(raw), "--document", str(out)]) == 0
    assert (out.read_bytes(), out.with_suffix(".svg").read_bytes()) == first
    assert "not measured" in out.read_text()  # what the planted samples leave out


def test_what_checking_costs_is_told_by_starts_of_the_same_round() -> None:
    samples = Samples()
    for turn, load in enumerate((0.5, 1.0, 2.0)):
        samples.add(Sample("load", "machine", "before a round", load, "", turn))
        for storage in ("efs", "s3", "oci"):
            samples.add(Sample("checked start", storage, "as it comes", 1000 * load, "ms", turn))
            samples.add(Sample("checked start", storage, "VERIFY_WEIGHTS", 1300 * load, "ms", turn))
            samples.add(Sample("checking", storage, "VERIFY_WEIGHTS", 250, "ms", turn))
    said = "\n".join(checking.lines(samples))
    assert "| S3 | 1,000 | 1,300 | 1.30 | 250 |" in said
    assert "n = 3 each" in said
    assert "0.500 to\n2.0" in said
    assert list(checking.lines(Samples())) == []


def test_no_samples_meet_nothing(tmp_path: Path) -> None:
    assert not document.write(Samples(), tmp_path / "a.md")
