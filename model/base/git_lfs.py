"""Recognises what a clone without Git LFS has in place of a large file."""

from __future__ import annotations

from pathlib import Path

_MARK = b"version https://git-lfs"


def is_pointer(path: Path) -> bool:
    """Whether the file is only a pointer to the one that is wanted; raises OSError."""
    with path.open("rb") as file:
        return file.read(len(_MARK)) == _MARK
