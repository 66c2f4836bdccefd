"""The comparison of readers: its table says what was planted, and the gain of what was chosen over one reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cli import main
from bench.limits import readers
from bench.limits.samples import Sample, Samples
from tests.lab.support.bundles import make_bundle


def test_the_table_has_a_row_for_each_storage_and_kind_that_was_measured() -> None:
    samples = Samples()
    for where, alone, chosen in (("efs, new-sandbox", 4000.0, 800.0), ("oci, first-deploy", 36000.0, 1500.0)):
        for way, fetch in ((readers.ALONE, alone), ("8", 2 * chosen), (readers.CHOSEN, chosen)):
            samples.add(Sample("read fetch", where, way, fetch, "ms"))
            samples.add(Sample("read start", where, way, fetch + 300, "ms"))
    assert list(readers.lines(samples))[2:] == [
        "| EFS | new-sandbox | 4,000 | 1,600 | 800 | 5.0 | 4,300 | 1,100 |",
        "| image | first-deploy | 36,000 | 3,000 | 1,500 | 24.0 | 36,300 | 1,800 |",
    ]
    samples.add(Sample("read fetch", "s3, first-deploy", "8", 100.0, "ms"))
    assert "| S3 | first-deploy | no answer in time | 100 | no answer in time |  |" in "\n".join(readers.lines(samples))
    samples.add(Sample("load", "machine", "before a round", 0.5, ""))
    assert "Made by `the command`, of one run\nin a lab" in "\n".join(readers.document(samples, "the command"))
    assert list(readers.lines(Samples())) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--readers", "0"), "must be from 1 to 128"),
        (("--readers", "4", "--from", "limits.jsonl"), "not allowed with argument"),
        (("--shape", "lambda"), "it needs --readers"),
        (("--readers", "--rounds", "0"), "needs one at least"),
        (("--readers", "--bundle", "nowhere"), "nowhere holds no bundle"),
    ],
)
def test_wrong_options_are_refused_before_anything_starts(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["limits", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_the_table_goes_to_the_page_with_the_command_that_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[object] = []

    def measure(*given: object) -> Samples:
        asked.extend(given)
        samples = Samples()
        samples.add(Sample("load", "machine", "before a round", 0.5, ""))
        for what in ("read fetch", "read start"):
            for way in (readers.ALONE, readers.CHOSEN):
                samples.add(Sample(what, "efs, new-sandbox", way, 100.0, "ms"))
        return samples

    monkeypatch.setattr(readers, "measure", measure)
    bundle, page = make_bundle(tmp_path / "bundle"), tmp_path / "readers.md"
    arguments = ["limits", "--readers", "8", "--rounds", "2", "--bundle", str(bundle), "--document", str(page)]
    monkeypatch.setattr("sys.argv", ["bench/run.py", *arguments])
    assert main(arguments) == 0
    assert asked == [bundle, "none", 2, [8]]
    assert capsys.readouterr().out in page.read_text()
    assert f"bench/run.py {' '.join(arguments)}" in page.read_text()
