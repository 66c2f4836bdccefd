"""The file system that the seeder writes to, as the tests see it: names of other bundles, what is there, damage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from efs import seeder

OTHER, THIRD = "a" * 64, "b" * 64

Upload = Callable[..., Any]  # the fixture `upload`


def visible(root: Path) -> set[str]:
    """What a function that looks for bundles can see."""
    return {path.name for path in root.iterdir() if not path.name.startswith(".")} - {"lost+found"}


def hidden(root: Path) -> set[str]:
    """What the seeder has there besides: what is under way and what an interrupted run left."""
    return {path.name for path in root.iterdir() if path.name.startswith(".")} - {seeder.LOCK}


def flip_a_bit(data: bytes) -> bytes:
    """The data with one bit changed, which its size does not show."""
    return data[:-1] + bytes([data[-1] ^ 1])
