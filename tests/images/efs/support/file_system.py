"""The seeder's file system as the tests see it: names of other bundles, contents, damage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from efs import seeder

OTHER, THIRD = "a" * 64, "b" * 64

Upload = Callable[..., Any]  # the fixture `upload`


def visible(root: Path) -> set[str]:
    """The names that a function sees when it looks for bundles."""
    return {path.name for path in root.iterdir() if not path.name.startswith(".")} - {"lost+found"}


def hidden(root: Path) -> set[str]:
    """The seeder's other names there: work in progress and the remains of interrupted runs."""
    return {path.name for path in root.iterdir() if path.name.startswith(".")} - {seeder.LOCK}


def flip_a_bit(data: bytes) -> bytes:
    """The data with one bit changed, at the same size."""
    return data[:-1] + bytes([data[-1] ^ 1])
