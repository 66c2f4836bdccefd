"""Runs the benchmark as its users do: a command, with a deployment's outputs in a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from contract.checkout import ROOT
from tests.bench.support.simulator import Account, outputs

RUN = [sys.executable, "bench/run.py"]


def bench(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `bench/run.py` to its end, with `environment` over this process's own."""
    command, variables = [*RUN, *map(str, arguments)], {**os.environ, **environment}
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, env=variables)


def write_outputs(folder: Path, url: str, account: Account, **changes: Any) -> Path:
    """Write the outputs of an account that is served at `url` into `folder`; the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "outputs.json"
    file.write_text(json.dumps({**outputs(url, url, account), **changes}), encoding="utf-8")
    return file
