"""The two places for the weights that are fetched from a bucket: a sparse file below /tmp, or one in memory."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Protocol


class FetchedFile(Protocol):
    """A sparse file that fetched ranges go into, at their own offsets.

    `path` is for reading and writing it, `directory` has a file of its name. `place` is where it is, in words.
    """

    place: str
    directory: Path
    path: Path

    @property
    def is_whole(self) -> bool:
        """Whether an earlier process of this environment has fetched everything."""

    def keep(self) -> None:
        """Everything is fetched."""

    def close(self) -> None:
        """Nothing will be read through `path` any more; what is mapped stays as long as its mapping."""


class TemporaryFile:
    """A file in this process's own directory, which gets its lasting name, a second link, when all ranges are there.

    Under that name it is complete or absent. If the environment's process is started again, it finds the file and
    fetches nothing. The first name stays, because a session may be opening the file at that moment; the next attempt
    removes what a failed one leaves there. The lasting name contains the object's `state`, and a file of another
    state is removed: /tmp has room for one. An object without a state cannot be recognised.
    """

    place = "the temporary directory"

    def __init__(self, name: str, size: int, key: str, state: str | None) -> None:
        temporary = Path(tempfile.gettempdir())
        self._complete = temporary / f"model-{key}-{state}.safetensors"
        self._recognisable = state is not None
        for kept in temporary.glob(f"model-{key}-*.safetensors"):
            if kept != self._complete:
                kept.unlink(missing_ok=True)
        self.directory = _own_directory(key)
        self.path = self.directory / name
        if self.is_whole:
            os.link(self._complete, self.path)
        else:
            _make_sparse(self.path, size)

    @property
    def is_whole(self) -> bool:
        return self._recognisable and self._complete.exists()

    def keep(self) -> None:
        self._complete.unlink(missing_ok=True)
        os.link(self.path, self._complete)

    def close(self) -> None:
        """It has no open file."""


class MemoryFile:
    """A file in memory alone, which /tmp need not have room for. It ends with its process.

    `path` is a link to it, for readers that look for a file of its name. The one in `directory` is empty, for
    onnxruntime, which follows links and takes no file outside.
    """

    place = "memory"
    is_whole = False

    def __init__(self, name: str, size: int, key: str) -> None:
        self.directory = _own_directory(key)
        _make_sparse(self.directory / name, size)
        self._file = os.fdopen(os.memfd_create(name), "r+b", buffering=0)
        self._file.truncate(size)
        self.path = self.directory / "memory" / name
        self.path.parent.mkdir()
        self.path.symlink_to(f"/proc/self/fd/{self._file.fileno()}")

    def keep(self) -> None:
        """It is where it stays."""

    def close(self) -> None:
        self._file.close()


def _own_directory(key: str) -> Path:
    """A new directory for the files of `key`, in place of what earlier attempts have left."""
    for leftover in Path(tempfile.gettempdir()).glob(f"model-{key}.work-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"model-{key}.work-"))


def _make_sparse(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)
