"""Finds the files of a checkpoint by their names, and notices those that Git LFS has not fetched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from model.base import git_lfs
from model.base.errors import UnsupportedModel

Find = Callable[[str], Path | None]
"""The file of a checkpoint by its name in it, such as `1_Pooling/config.json`; None if it has no such file."""


def fetched(find: Find) -> Find:
    """The same files; raises UnsupportedModel for one that is only a pointer of Git LFS."""

    def found(name: str) -> Path | None:
        path = find(name)
        if path and git_lfs.is_pointer(path):
            raise UnsupportedModel(f"{name} is a Git LFS pointer, not the file itself: fetch it with `git lfs pull`")
        return path

    return found


def below(find: Find, folder: str) -> Find:
    """The files of one of the checkpoint's folders, by their names in it; "" is the checkpoint's own folder."""
    return (lambda name: find(f"{folder}/{name}")) if folder else find
