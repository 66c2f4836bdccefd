"""A bundle in a directory: a mounted EFS access point or the image's own file system."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from similarity import log, plan
from similarity.errors import StoreError
from similarity.parallel import for_each
from similarity.plan import Range
from similarity.stores import Counter

CHUNK = 4 << 20  # bytes a read: large enough for a network file system to pipeline


class DirectoryStore:
    """Files of the bundle directly below `path`; `readers` threads read the weights.

    How many pays depends on the file system, so the images say it (see their app.py).
    """

    def __init__(self, path: str, readers: int) -> None:
        self.path = Path(path)
        self.readers = readers
        self.fetched = Counter()

    def read(self, name: str) -> bytes:
        try:
            data = (self.path / name).read_bytes()
        except OSError as error:
            raise _unreadable(name, error) from None
        self.fetched.add(len(data))
        return data

    def weights(self, name: str, start: int, use: str) -> FileWeights:
        return FileWeights(self.path, name, start, self.readers, self.fetched)


class FileWeights:
    """A weights file on a file system. Fetching reads it into the page cache, from which the engine maps it.

    Large reads, because page faults over a network mount come with a read-ahead of 128 KiB each; and every reader goes
    straight through a part of its own over an open file of its own, because file systems read ahead of those who do
    (readers that take turns at chunks were three times as slow over the lab's mount).
    """

    def __init__(self, directory: Path, name: str, start: int, readers: int, fetched: Counter) -> None:
        self.directory = directory
        self._name = name
        self._readers = readers
        self._fetched = fetched
        try:
            self._file = open(directory / name, "rb", buffering=0)  # noqa: SIM115 - kept open for the rows to come
            self.size = os.fstat(self._file.fileno()).st_size
        except OSError as error:
            raise _unreadable(name, error) from None
        self.start = self.read(Range(0, min(start, self.size)))

    def read(self, wanted: Range) -> bytes:
        try:
            data = os.pread(self._file.fileno(), wanted.size, wanted.offset)
        except OSError as error:
            raise _unreadable(self._name, error) from None
        self._check(wanted, len(data))
        return data

    def fetch(self, ranges: Sequence[Range]) -> None:
        """Read and forget: what counts is that the kernel has the pages now."""

        def read_through(part: list[Range]) -> None:
            buffer = memoryview(bytearray(CHUNK))  # kept: fresh memory for every read would cost as much as the copy
            try:
                with open(self.directory / self._name, "rb", buffering=0) as file:  # read-ahead goes by open file
                    for wanted in part:
                        self._check(wanted, os.preadv(file.fileno(), [buffer[: wanted.size]], wanted.offset))
            except OSError as error:
                raise _unreadable(self._name, error) from None

        for_each(read_through, plan.share(ranges, self._readers, CHUNK), self._readers)

    def _check(self, wanted: Range, size: int) -> None:
        if size != wanted.size:
            raise StoreError(self._name, f"ends at byte {wanted.offset + size} of {wanted.end}")
        self._fetched.add(size)


def _unreadable(name: str, error: OSError) -> StoreError:
    log.error("store", error)
    if isinstance(error, FileNotFoundError):
        return StoreError(name, "is missing")
    return StoreError(name, f"cannot be read: {error.strerror}")
