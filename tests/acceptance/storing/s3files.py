"""Measures what the storage s3files took to add, and a run of it beside the others."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from contract.checkout import IMAGES, ROOT
from tests.acceptance.table import Measure, Row

COMPONENT = "stacks/storages/s3files.py"
MOST_S = 300
STORAGES = "efs,s3,oci,s3files"


def files_touched() -> Iterator[Row]:
    """The production files that the commit which added the component changed; those that it added are its own."""
    added = _git("log", "--diff-filter=A", "--format=%H", "-1", "--", COMPONENT).strip()
    changes = [line.split("\t", 1) for line in _git("show", "--format=", "--name-status", added).splitlines()]
    touched = sorted(path for status, path in changes if status != "A" and not path.startswith(("tests/", "docs/")))
    measured = f"{len(touched)}: {', '.join(touched)}"
    what = "production files touched by the commit that adds s3files"
    yield Row(what, "at most 8 beside its own", measured, bool(added) and 0 < len(touched) <= 8)


def a_run_beside_the_others() -> Iterator[Row]:
    """`make bench` of all four storages in the lab, with the default numbers of samples."""
    with tempfile.TemporaryDirectory() as folder:
        out, begun = Path(folder) / "run", time.monotonic()
        command = [sys.executable, "bench/run.py", "run", "--backends", STORAGES, "--bundle", IMAGES / "bundle"]
        done = subprocess.run([*map(str, command), "--out", str(out)], cwd=ROOT, capture_output=True, text=True)
        took = time.monotonic() - begun
        if done.returncode:
            yield Row(f"--backends {STORAGES} in the lab", "five minutes, all valid", done.stderr[-300:], False)
            return
        summary = json.loads((out / "summary.json").read_text())
        log = (out / "lab.log").read_text().splitlines()
    variants = summary["variants"]
    invalid = sum(one[state]["invalid"] + one[state]["failed"] for one in variants for state in ("cold", "warm"))
    # The lab warns where something that runs keeps a storage's pages in memory: such a start is not a cold one.
    kept = sum(line.startswith("WARNING") and "in the page cache" in line for line in log)
    asked = sum(one[state]["n"] for one in variants for state in ("cold", "warm"))
    valid = not summary["untrusted"] and not invalid and not kept and len(variants) == len(STORAGES.split(","))
    measured = f"{took:.0f} s, {asked} samples of {len(variants)} storages, {invalid} invalid, {kept} not from the disk"
    yield Row(f"--backends {STORAGES} in the lab", "five minutes, all valid", measured, valid and took <= MOST_S)


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


MEASURES: tuple[Measure, ...] = (files_touched, a_run_beside_the_others)
