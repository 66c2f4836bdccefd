"""One interface for the places of a bundle: a directory (EFS, the image), or a bucket and prefix (S3)."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from contract.environment import READERS
from contract.readers import MOST
from similarity.base.errors import Unavailable
from similarity.bundle.byte_ranges import Range


class Weights(Protocol):
    """The weights file of an opened bundle: `size` in bytes, `start` the bytes that it begins with.

    Everything that it gives is of one version of the file. If the store holds another one by now, it raises Replaced.
    """

    size: int
    start: bytes

    @property
    def directory(self) -> Path:
        """Directory with a file of the weights' name and full length, which need not be the one to read."""

    @property
    def path(self) -> Path:
        """The file to map, of the weights' name and full length. Bytes outside the fetched ranges may be holes."""

    def read(self, wanted: Range) -> bytes:
        """A few bytes, fetched or not; raises StoreError."""

    def fetch(self, ranges: Sequence[Range]) -> None:
        """Make these ranges readable from `path` at memory speed, and wait for it; raises StoreError."""

    def check(self) -> None:
        """Raise Replaced if what is mapped from `path` may have changed. Uses no network."""


class Store(Protocol):
    """A bundle's files."""

    def read(self, name: str) -> bytes:
        """A small file, whole; raises StoreError if it is missing or cannot be read."""

    def weights(self, name: str, start: int, use: str) -> Weights:
        """Open the weights file and read its first `start` bytes; raises StoreError.

        Bytes fetched for one `use` (an engine) do not count as everything that another one needs.
        """

    def reopen(self) -> None:
        """Let go of what the copies of a snapshot must not share, such as connections; what was read stays."""

    @property
    def fetched(self) -> Counter:
        """Bytes read from the store so far."""


class Counter:
    """Sums what several threads read, and counts how often they did."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._value = self._times = 0

    def add(self, amount: int) -> None:
        with self._lock:
            self._value += amount
            self._times += 1

    def take(self) -> tuple[int, int]:
        """The sum and the count since the last call."""
        with self._lock:
            taken = self._value, self._times
            self._value = self._times = 0
        return taken


def readers(default: int) -> int:
    """How many readers read side by side: what the variable READERS says, or `default`; raises Unavailable."""
    said = os.environ.get(READERS, "")
    if not said:
        return default
    if said not in map(str, range(1, MOST + 1)):
        raise Unavailable(f"{READERS} is {said[:20]!r}: set a whole number from 1 to {MOST}, or leave it out")
    return int(said)
