"""The harness over real sockets, started as its users start it: boto3 and requests with a simulated account."""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.runs.store import read_run
from tests.bench.support.command import bench, starting, wait_for_samples, write_outputs
from tests.bench.support.simulator import Account, Truth, serve


@pytest.fixture
def account() -> Account:
    return Account(Truth(cold=lambda backend, engine, rng: 30.0, warm=lambda backend, engine, rng: 5.0))


@pytest.fixture
def outputs_file(account: Account, tmp_path: Path) -> Iterator[Path]:
    with serve(account) as url:
        yield write_outputs(tmp_path, url, account)


def test_a_run_measures_reports_and_puts_everything_back(account: Account, outputs_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = bench("--outputs", outputs_file, "--out", out, "--cold", 2, "--warm", 4)
    assert done.returncode == 0, done.stderr
    summary = json.loads((out / "summary.json").read_text())
    assert [item["backend"] for item in summary["variants"]] == ["efs", "s3", "oci"]
    for item in summary["variants"]:
        assert (item["cold"]["n"], item["warm"]["n"]) == (2, 4)
        assert item["cold"]["invalid"] == item["cold"]["failed"] == 0
        assert 30 <= item["cold"]["p50_ms"] < 1000
        assert item["cold"]["p95_ms"] is None
        assert item["max_memory_mb"] == 400
        assert item["fetched_bytes"] == 340_000_000
        assert item["storage"].startswith("a simulated")
        assert {"import", "fetch", "load", "encode"} <= set(item["phases_ms"])
    for function in account.functions.values():
        assert function.variables == {"STORAGE_BACKEND": function.backend, "KEEP": "me"}
    for text in (done.stdout, (out / "report.md").read_text()):
        assert "not AWS figures" in text
        assert "synthetic" in text
        assert "a simulated efs" in text


def test_engines_are_set_through_the_api_and_compared(outputs_file: Path, tmp_path: Path) -> None:
    options = ("--cold", 1, "--warm", 1, "--backends", "oci", "--engines", "onnx,transformers", "--json")
    done = bench("--outputs", outputs_file, "--out", tmp_path / "run", *options)
    assert done.returncode == 0, done.stderr
    ratios = json.loads(done.stdout)["engine_ratios"]
    assert [(item["backend"], item["state"]) for item in ratios] == [("oci", "cold"), ("oci", "warm")]


def test_ctrl_c_keeps_and_reports_what_was_measured(account: Account, outputs_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with starting("--outputs", outputs_file, "--out", out, "--cold", 500, "--warm", 500) as process:
        wait_for_samples(out / "results.jsonl", 12)
        process.send_signal(signal.SIGINT)
        code = process.wait(60)
        stdout, stderr = process.written()
    assert code == 130, stderr
    run = read_run(out)
    assert run.ends[-1].reason == "interrupted"
    assert len(run.samples) >= 12
    assert "incomplete" in stdout
    assert (out / "summary.json").exists()
    assert account.functions["efs"].variables == {"STORAGE_BACKEND": "efs", "KEEP": "me"}


def test_kill_9_loses_nothing_that_was_measured(outputs_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with starting("--outputs", outputs_file, "--out", out, "--cold", 500, "--warm", 500) as process:
        wait_for_samples(out / "results.jsonl", 12)
        process.send_signal(signal.SIGKILL)
        assert process.wait(60) == -signal.SIGKILL
    written = (out / "results.jsonl").read_bytes().count(b'"kind":"sample"')
    assert written >= 12
    with (out / "results.jsonl").open("ab") as file:
        file.write(b'{"kind":"sample","id":"r0')  # as if the kill had torn the line being written
    done = bench("report", out, "--json")
    summary = json.loads(done.stdout)
    assert summary["meta"]["requests"]["made"] == written
    assert summary["meta"]["requests"]["torn_lines"] == 1
    assert "killed" in summary["meta"]["ended"]
    assert any("incomplete" in reason for reason in summary["untrusted"])


def test_a_target_that_goes_away_ends_the_run_with_a_report(account: Account, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with contextlib.ExitStack() as stack:
        with serve(account) as url:
            file = write_outputs(tmp_path, url, account)
            process = stack.enter_context(starting("--outputs", file, "--out", out, "--cold", 500))
            wait_for_samples(out / "results.jsonl", 12)
        code = process.wait(60)
        stdout, stderr = process.written()
    assert code == 3, stderr
    assert "ended early" in stderr
    assert "incomplete" in stdout
    assert len(read_run(out).samples) >= 12


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--engines", "torch"], 2, "unknown engine 'torch'; known are onnx"),
        (["--cold", "0"], 2, "--cold: must be a whole number, 1 to 100,000"),
        (["--outputs", "/nonexistent.json"], 2, "cannot be read"),
        (["report", "/nonexistent"], 2, "give the folder of a run"),
    ],
)
def test_bad_usage_says_what_is_wrong(arguments: list[str], code: int, message: str, tmp_path: Path) -> None:
    done = bench(*arguments, *([] if arguments[0] == "report" else ["--out", tmp_path / "run"]))
    assert done.returncode == code
    assert message in done.stderr


def test_a_run_is_never_overwritten(outputs_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert bench("--outputs", outputs_file, "--out", out, "--cold", 1, "--warm", 0).returncode == 0
    before = (out / "results.jsonl").read_bytes()
    again = bench("--outputs", outputs_file, "--out", out, "--cold", 1, "--warm", 0)
    assert again.returncode == 2
    assert "already holds a run" in again.stderr
    assert (out / "results.jsonl").read_bytes() == before
