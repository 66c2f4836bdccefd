"""Locks a folder for its one writer, from the first look to the last word."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.process.errors import StorageError


@contextmanager
def only_writer(directory: Path) -> Iterator[None]:
    """Make the folder if need be and lock it; the system unlocks it when this process ends, however it ends.

    Raises StorageError when it cannot be made or written to, or when another process holds it.
    """
    was_there = directory.exists()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        held = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise StorageError(f"cannot write to {directory}: {error.strerror}; choose another place") from error
    try:
        _lock(held, directory)
        yield
    finally:
        os.close(held)
        if not was_there:  # an empty folder tells nobody anything
            with suppress(OSError):
                directory.rmdir()


def _lock(held: int, directory: Path) -> None:
    if not os.access(directory, os.W_OK):
        raise StorageError(f"cannot write to {directory}: it is read-only for you; choose another place")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StorageError(
            f"another process is writing to {directory}: let it finish, or choose another folder"
        ) from error
    except OSError as error:
        raise StorageError(
            f"cannot lock {directory}: {error.strerror}; choose a folder on another file system"
        ) from error
