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

import psutil

from bench.records.store import read_run

ROOT = Path(__file__).resolve().parents[2]


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
    assert summary["answers"]["equal"]
    assert summary["meta"]["target"]["weights"] == "synthetic"
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
