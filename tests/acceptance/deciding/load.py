"""Measures functions that are not ours, what a load says of saturation, and a load that two locust workers share."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.measure.meter import Meter
from bench.report.loads.report import load_report
from bench.runs.loads import Arrival, Load, LoadHeader, Reading, Step
from bench.runs.store import read_run
from contract.checkout import ROOT
from tests.acceptance.table import Row
from tests.bench.support.command import bench
from tests.bench.support.foreign import HELLO, IMAGES, PARTLY, foreign_lab

_SECONDS = 5.0
_BODY = ROOT / "docs" / "page.png"


def any_function() -> Iterator[Row]:
    """A picture goes to a handler in Python, one in Node, and one that has two of the four witnesses."""
    with tempfile.TemporaryDirectory() as directory, foreign_lab(Path(directory)) as outputs:
        out = Path(directory) / "run"
        names = ",".join((IMAGES, HELLO, PARTLY))
        options = ("--functions", names, "--body", _BODY, "--cold", 3, "--warm", 9, "--out", out)
        done = bench("--outputs", outputs, *options)
        report = (out / "report.md").read_text().replace("\\", "")
        summary = json.loads((out / "summary.json").read_text())
        run = read_run(out)
    for item in summary["variants"]:
        name, cold, warm = item["backend"], item["cold"], item["warm"]
        witnesses = 2 if name == PARTLY else 4
        said = f"{name} is a function of yours. Its samples are judged by {witnesses} of 4 witnesses" in report
        told = sum(sample.seen.environment_id is not None for sample in run.samples if sample.variant.backend == name)
        yield Row(
            f"any function: {name}, valid samples by {witnesses} of 4 witnesses",
            "3 cold and 9 warm, and the report says so",
            f"{cold['n']} cold, {warm['n']} warm, {cold['invalid'] + warm['invalid']} invalid, {told} name their "
            f"environment; exit code {done.returncode}; said: {'yes' if said else 'no'}",
            said and (cold["n"], warm["n"], done.returncode) == (3, 9, 0) and (told > 0) == (witnesses == 4),
        )


def saturation() -> Iterator[Row]:
    """As many processes as cores compute for some seconds. Readings at rest are planted: the machine may be busy."""
    cores = os.cpu_count() or 1
    burners = [multiprocessing.Process(target=_burn, args=(time.monotonic() + _SECONDS + 1,)) for _ in range(cores)]
    for burner in burners:
        burner.start()
    busy: list[Reading] = []
    with Meter(_step(), busy.append):
        time.sleep(_SECONDS)
    for burner in burners:
        burner.join()
    said = _notes(busy)
    heard = " ".join(said) or "nothing said"
    yield Row("load: every core busy", "said to be saturated", heard, "was saturated" in heard)
    calm = [Reading("efs", 1, float(second), 0.1, 0.3 * cores, float(cores)) for second in range(1, 6)]
    said = _notes(calm)
    yield Row("load: 30 % of the cores busy", "nothing said", " ".join(said) or "nothing said", not said)


def two_workers() -> Iterator[Row]:
    """In an environment of its own, which takes a minute to install."""
    with tempfile.TemporaryDirectory() as directory, foreign_lab(Path(directory)) as outputs:
        out, python = Path(directory) / "load", Path(directory) / "locust" / "bin" / "python"
        subprocess.run([sys.executable, "-m", "venv", python.parent.parent], check=True)
        install = [python, "-m", "pip", "install", "--quiet"]
        subprocess.run(
            [*install, "-r", "requirements-bench.txt", "-r", "requirements-locust.txt"], cwd=ROOT, check=True
        )
        subprocess.run([*install, "--no-deps", "--editable", "."], cwd=ROOT, check=True)
        options = ("--functions", HELLO, "--body", _BODY, "--rate", 20, "--duration", 10, "--most-at-once", 32)
        bench("load", "--outputs", outputs, *options, "--plan-only", "--out", out)
        locust = [python, "-m", "locust", "-f", "tools/load/locustfile.py", "--plan", out / "load-plan.json",
                  "--outputs", outputs]  # fmt: skip
        workers = [subprocess.Popen([*locust, "--worker"], cwd=ROOT, stderr=subprocess.DEVNULL) for _ in range(2)]
        master = subprocess.run(
            [*locust, "--master", "--headless", "--expect-workers", "2"], cwd=ROOT, capture_output=True, timeout=120
        )
        for worker in workers:
            worker.wait(30)
        bench("report", out)
        found = json.loads((out / "load.json").read_text())
        lines = [json.loads(line) for line in (out / "load.jsonl").read_text().splitlines()]
    (item,) = found["backends"]
    senders = {line["sender"] for line in lines if line["kind"] == "reading"}
    yield Row(
        "load: two locust workers, one plan",
        "every planned request once",
        f"{item['due']} of {item['planned']} due, {item['failed']} failed, {item['dropped']} dropped, p50 "
        f"{item['p50_ms']:.0f} ms, from {len(senders)} senders; locust's exit code {master.returncode}",
        item["due"] == item["planned"] and item["failed"] == 0 and len(senders) == 2,
    )


def _burn(until: float) -> None:
    while time.monotonic() < until:
        pass


def _step() -> Step:
    return Step("efs", 1, 1.0, 1.0, _SECONDS, 1)


def _notes(readings: list[Reading]) -> list[str]:
    """What the report of a load with these readings says."""
    header = LoadHeader(
        kind="load", schema=1, utc="2026", rate=1.0, duration_s=_SECONDS, spacing="constant", seed=1, most_at_once=1,
        target={"kind": "lab"}, facts={}, notes=(), backends=("efs",),
    )  # fmt: skip
    return load_report(Load(header, (_step(),), (Arrival("efs", 0.0, 0.1, 50.0, 200),), tuple(readings))).notes


MEASURES = [any_function, saturation, two_workers]
