"""Where the bundle is kept: a directory (EFS, the image) or a bucket and prefix (S3). One interface for both."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from similarity.bundle.byte_ranges import Range


class Weights(Protocol):
    """The weights file of an opened bundle: `size` in bytes, `start` the bytes that it begins with.

    All that it gives is of one version of the file. Where the store holds another one by now, it raises Replaced.
    """

    size: int
    start: bytes

    @property
    def directory(self) -> Path:
        """Directory that holds a mappable file of the weights' name and full length.

        Bytes outside the ranges that were fetched may be holes.
        """

    def read(self, wanted: Range) -> bytes:
        """A few bytes, wherever they are; raises StoreError."""

    def fetch(self, ranges: Sequence[Range]) -> None:
        """Make these ranges readable from `directory` at memory speed; blocks; raises StoreError."""

    def check(self) -> None:
        """Raise Replaced if what is mapped from `directory` may have changed. Asks nothing of a network."""


class Store(Protocol):
    """A bundle's files."""

    def read(self, name: str) -> bytes:
        """A small file, whole; raises StoreError if it is missing or cannot be read."""

    def weights(self, name: str, start: int, use: str) -> Weights:
        """Open the weights file and read its first `start` bytes; raises StoreError.

        What was fetched for one `use` (an engine) is not taken for all that another one needs.
        """

    @property
    def fetched(self) -> Counter:
        """Bytes read from the store so far."""


class Counter:
    """A count that several threads add to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._value = 0

    def add(self, amount: int) -> None:
        with self._lock:
            self._value += amount

    def take(self) -> int:
        """The count since it was last taken."""
        with self._lock:
            value, self._value = self._value, 0
        return value
