"""The default target: the lab, started for the run and gone after it, however the run ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from jsonschema import Draft202012Validator

from bench.runs.store import read_run
from contract.checkout import ROOT
from tests.bench.support.command import bench


def command(bundle: Path, out: Path, *options: object) -> list[str]:
    return [sys.executable, "bench/run.py", "--bundle", str(bundle), "--out", str(out), *map(str, options)]


def test_the_lab_is_measured_and_stopped(tiny_bundle: Path, tmp_path: Path) -> None:
    options = ("--cold", 2, "--warm", 4, "--json")
    done = subprocess.run(command(tiny_bundle, tmp_path / "run", *options), cwd=ROOT, capture_output=True, timeout=240)
    assert done.returncode == 0, done.stderr.decode()
    summary = json.loads(done.stdout)
    assert [item["backend"] for item in summary["variants"]] == ["efs", "s3", "oci"]
    for item in summary["variants"]:
        assert item["cold"]["n"] == 2
        assert item["fetched_bytes"] > 0
        assert item["max_memory_mb"] > 0
        assert {"import", "fetch", "load", "encode"} <= set(item["phases_ms"])
        assert {name: span["start_ms"] for name, span in item["init_spans"].items() if span["start_ms"] is None} == {}
    assert summary["answers"]["equal"]
    assert summary["meta"]["target"]["weights"] == "synthetic"
    lines = (tmp_path / "run" / "results.jsonl").read_text().splitlines()
    fits = Draft202012Validator(json.loads((ROOT / "docs" / "results.schema.json").read_text()))
    assert [error.message for line in lines for error in fits.iter_errors(json.loads(line))] == []
    assert labs(tiny_bundle) == []


def test_kill_9_leaves_no_lab_behind(tiny_bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    with subprocess.Popen(command(tiny_bundle, out, "--cold", 200), cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: (out / "results.jsonl").exists() and b'"sample"' in (out / "results.jsonl").read_bytes())
        assert labs(tiny_bundle)
        os.kill(process.pid, signal.SIGKILL)
    wait_until(lambda: not labs(tiny_bundle))
    assert read_run(out).samples


def labs(bundle: Path) -> list[int]:
    """Processes of `python -m lab` that were started for this bundle by a benchmark (the shared lab has no --cache)."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        words = process.info["cmdline"] or []
        if "lab" in words and "--cache" in words and str(bundle) in words:
            found.append(process.info["pid"])
    return found


def wait_until(happened: Callable[[], object], seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def test_the_way_to_aws_is_driven_against_the_lab(lab: Any, tmp_path: Path) -> None:
    """Outputs from (a stand-in for) pulumi, SigV4 signatures and boto3 as on AWS; only the endpoint is the lab's."""
    stand_in = tmp_path / "bin" / "pulumi"
    stand_in.parent.mkdir()
    stack = tmp_path / "stack.json"
    stack.write_text(json.dumps({**lab.outputs, "target": "aws", "authMode": "iam"}))
    stand_in.write_text(f"#!/bin/sh\ncat {stack}\n")
    stand_in.chmod(0o755)
    options = ["--stack", "dev", "--cold", "1", "--warm", "2", "--arms", "http,invoke", "--backends", "s3,oci"]
    before = {name: variables(lab, name) for name in ("s3", "oci")}
    path = f"{stand_in.parent}:{os.environ['PATH']}"
    done = bench(*options, "--out", tmp_path / "run", "--json", "--yes", PATH=path)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert {(i["backend"], i["arm"], i["cold"]["n"], i["warm"]["n"]) for i in summary["variants"]} == {
        (backend, arm, 1, 2) for backend in ("s3", "oci") for arm in ("http", "invoke")
    }
    assert not any("not AWS figures" in note for note in summary["meta"]["notes"])
    assert {name: variables(lab, name) for name in ("s3", "oci")} == before


def variables(lab: Any, backend: str) -> Any:
    name = lab.outputs["backends"][backend]["functionName"]
    return lab.lambda_client().get_function_configuration(FunctionName=name)["Environment"]["Variables"]
