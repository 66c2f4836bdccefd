"""Functions that are not ours, in Python and in Node, are measured in a lab by the witnesses that they have."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.runs.store import read_run
from tests.bench.support.command import bench
from tests.bench.support.foreign import foreign_lab

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no Node on this machine")


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The outputs of a lab with three functions; one of them has two witnesses."""
    with foreign_lab(tmp_path_factory.mktemp("foreign")) as outputs:
        yield outputs


@needs_node
def test_functions_of_others_are_measured_and_proven_by_what_they_have(foreign: Path, tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_bytes(bytes(range(256)))
    (tmp_path / "words.json").write_text('{"words": 2}')
    out = tmp_path / "run"
    bodies = ("--body", f"{tmp_path / 'cat.png'}:3", "--body", tmp_path / "words.json")
    done = bench(
        "--outputs", foreign, "--functions", "images,partly,hello", *bodies, "--cold", 2, "--warm", 4, "--out", out,
        "--arms", "http,invoke",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + done.stdout
    run, summary = read_run(out), json.loads((out / "summary.json").read_text())
    for item in summary["variants"]:
        assert (item["cold"]["n"], item["warm"]["n"], item["cold"]["invalid"]) == (2, 4, 0), item
    assert all(sample.seen.environment_id is None for sample in run.samples if sample.variant.backend == "partly")
    assert [body.name for body in run.first.axes.bodies] == ["cat.png", "words.json"]
    report = (out / "report.md").read_text()
    assert "judged by 2 of 4 witnesses: the echoed configuration nonce, Lambda" in report.replace("\\", "")
    assert "it lacks the environment's id" in report.replace("\\", "")
    assert "images is a function of yours. Its samples are judged by 4 of 4" in report.replace("\\", "")
    assert str(tmp_path) not in (out / "results.jsonl").read_text()


@needs_node
def test_load_and_doctor_know_them(foreign: Path, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    options = ("--functions", "hello", "--body", tmp_path / "a.json", "--rate", 10, "--duration", 2)
    load = bench("load", "--outputs", foreign, *options, "--out", tmp_path / "load")
    assert load.returncode == 0, load.stderr + load.stdout
    (item,) = json.loads((tmp_path / "load" / "load.json").read_text())["backends"]
    assert (item["backend"], item["failed"], item["answered_share"]) == ("hello", 0, 1.0)
    options = ("--functions", "partly", "--body", tmp_path / "a.json", "--rate", 10, "--duration", 1)
    load = bench("load", "--outputs", foreign, *options, "--out", tmp_path / "partly")
    (item,) = json.loads((tmp_path / "partly" / "load.json").read_text())["backends"]
    assert (item["cold"], item["cold_share"]) == (None, None)
    doctor = bench("doctor", "--outputs", foreign)
    assert "only its owner knows" in doctor.stdout


def test_what_cannot_be_meant_is_refused_at_once(foreign: Path, tmp_path: Path) -> None:
    body = tmp_path / "a.json"
    body.write_text("{}")
    for options, said in (
        (("--functions", "images"), "needs --body"),
        (("--functions", "images", "--body", tmp_path / "none"), "is not a file"),
        (("--functions", "Images", "--body", body), "not a label"),
        (("--functions", "cat", "--body", body), "not deployed"),
        (("--functions", "partly", "--body", body, "--idle", 1), "does not count its invocations"),
        (("--body", body, "--body", body), "two bodies have the name"),
        (("--body", f"{body}:-1"), "above 0"),
    ):
        done = bench("--outputs", foreign, *options, "--out", tmp_path / "run")
        assert (done.returncode, said in done.stderr) == (2, True), (options, done.stderr)
    own = bench("--functions", "images", "--body", body, "--out", tmp_path / "run")
    assert (own.returncode, "needs --outputs" in own.stderr) == (2, True), own.stderr
