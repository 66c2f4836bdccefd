"""Runs the benchmark as its users do: a command, with a deployment's outputs in a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from contract.checkout import ROOT
from tests.bench.support.simulator import Account, outputs
from tests.support import forked

RUN = [sys.executable, "bench/run.py"]
_LIMIT_S = 120


def bench(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `bench/run.py` to its end in a process of its own, with `environment` over this process's variables."""
    return forked.run(Path(RUN[1]), [*map(str, arguments)], ROOT, {**os.environ, **environment}, _LIMIT_S)


def starting(*arguments: object) -> forked.Copy:
    """Start `bench/run.py` in a process of its own, which a test ends."""
    return forked.Copy(Path(RUN[1]), [*map(str, arguments)], ROOT, os.environ)


def write_outputs(folder: Path, url: str, account: Account, **changes: Any) -> Path:
    """Write the outputs of an account that is served at `url` into `folder`; the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "outputs.json"
    file.write_text(json.dumps({**outputs(url, url, account), **changes}), encoding="utf-8")
    return file


def wait_for_samples(path: Path, count: int) -> None:
    """Return when the records of a run hold so many samples. Raises AssertionError after a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if path.exists() and path.read_bytes().count(b'"kind":"sample"') >= count:
            return
        time.sleep(0.02)
    raise AssertionError(f"{path} never held {count} samples")
