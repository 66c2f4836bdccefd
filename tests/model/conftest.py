"""A fixture: the folder in which a test makes an index."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.model.support.indexing import Folder


@pytest.fixture
def folder(tiny_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Folder:
    """An empty one, whose indexes are embedded by the tiny bundle's model."""
    return Folder(tmp_path, tiny_bundle, capsys)
