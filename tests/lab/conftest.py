"""Fixtures of the lab's own tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.support.accounts import Served, serve, witness
from tests.tools.images.conftest import built  # noqa: F401 -- a fixture


@pytest.fixture(scope="module")
def account() -> Iterator[Served]:
    """An account with the obedient function, for a whole test module."""
    with serve(witness()) as served:
        yield served


@pytest.fixture(scope="session")
def built_images(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tiny_bundle: Path) -> Path:
    """The folder of the built images with the tiny bundle: those that another test has built, else our own."""
    wanted = json.loads((tiny_bundle / "manifest.json").read_text())["source_hash"]
    for index in tmp_path_factory.getbasetemp().glob("images*/index.json"):
        if json.loads(index.read_text())["bundleHash"] == wanted:
            return index.parent
    return Path(request.getfixturevalue("built").out)
