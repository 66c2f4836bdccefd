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

CHUNK = 4 << 20  # bytes by which readers' shares are alike


class DirectoryStore:
    """Files of the bundle directly below `path`; `readers` threads read the weights (see `readers_for`)."""

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

    By large reads, because page faults over a network mount come with a read-ahead of 128 KiB each. Every reader goes
    straight through a part of its own, in the file's order, over an open file of its own, because file systems read
    ahead of those who do: over the lab's mount that takes 0.7 times as long as the plan's order.
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
        """Have the kernel read, and hand its pages to /dev/null, which takes them as they are: nothing is copied.

        595 MB that are in the page cache take 10 ms so, and 50 ms when they are read into a buffer. From the image's
        disk 340 MB take 0.23 s instead of 0.30; the first encoding, which now is the first to touch them, 10 ms more.
        """

        def read_through(part: list[Range]) -> None:
            try:
                with (
                    open(self.directory / self._name, "rb", buffering=0) as file,  # read-ahead goes by open file
                    open(os.devnull, "wb", buffering=0) as nowhere,
                ):
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)  # and doubles by this
                    for wanted in plan.coalesce(part, slack=0):
                        self._check(wanted, _send(file.fileno(), nowhere.fileno(), wanted))
            except OSError as error:
                raise _unreadable(self._name, error) from None

        for_each(read_through, plan.share(plan.in_file_order(ranges), self._readers, CHUNK), self._readers)

    def _check(self, wanted: Range, size: int) -> None:
        if size != wanted.size:
            raise StoreError(self._name, f"ends at byte {wanted.offset + size} of {wanted.end}")
        self._fetched.add(size)


def _send(source: int, target: int, wanted: Range) -> int:
    """Bytes that went from file to file; fewer than wanted where the source ends."""
    sent = 0
    while sent < wanted.size and (count := os.sendfile(target, source, wanted.offset + sent, wanted.size - sent)):
        sent += count
    return sent


def readers_for(path: str) -> int:
    """How many readers get the most out of the file system that holds `path`."""
    kind = file_system(path)
    if kind.startswith("nfs"):  # EFS: one client gets 500 MiB/s, which one reader alone does not fill
        return 4
    if kind.startswith("fuse"):
        # Its server, the lab's in place of EFS, gets the requests of several readers in any order and reads straight
        # on only for one: 0.78, 0.74 and 0.84 s for 340 MB with one, two and four, and the imports need a core, too.
        return 1
    return 8  # the image's: Lambda fetches its 512 KiB chunks when they are first touched, each with a latency


def file_system(path: str) -> str:
    """The kernel's name for the kind of file system that holds `path` (nfs4, ext4, fuse.…); empty where it has none.

    A path that is not there has none, either: the first read says so, in words that reach the caller.
    """
    try:
        device = os.stat(path).st_dev
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as mounts:  # see proc(5)
            found = [line.split() for line in mounts]
    except OSError:
        return ""
    number = f"{os.major(device)}:{os.minor(device)}"
    return next((fields[fields.index("-") + 1] for fields in found if fields[2] == number), "")


def _unreadable(name: str, error: OSError) -> StoreError:
    log.error("store", error)
    if isinstance(error, FileNotFoundError):
        return StoreError(name, "is missing")
    return StoreError(name, f"cannot be read: {error.strerror}")
