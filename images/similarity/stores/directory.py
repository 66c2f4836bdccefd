"""Reads a bundle from a directory: a mounted EFS access point or the image's own file system."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from contract.readers import IMAGE, NFS
from similarity.base import log
from similarity.base.errors import Replaced, StoreError
from similarity.base.parallel import for_each
from similarity.bundle import byte_ranges
from similarity.bundle.byte_ranges import Range
from similarity.stores import Counter, readers

CHUNK = 1 << 19  # bytes by which readers' shares may differ
SCRATCH = 1 << 16  # bytes of each reader; a buffer of this size stays in the processor's cache
LONGEST = 1023 * SCRATCH  # bytes per call: Linux takes 1,024 buffers


class DirectoryStore:
    """Files of the bundle directly below `path`; `readers` threads read the weights, unless READERS says otherwise.

    `copying` is for pages that come from a device (see `store_at`, which knows what suits a file system).
    """

    def __init__(self, path: str, readers: int, copying: bool = False) -> None:
        self.path = Path(path)
        self.readers = readers
        self.copying = copying
        self.fetched = Counter()

    def read(self, name: str) -> bytes:
        try:
            data = (self.path / name).read_bytes()
        except OSError as error:
            raise _unreadable(name, error) from None
        self.fetched.add(len(data))
        return data

    def weights(self, name: str, start: int, use: str) -> FileWeights:
        return FileWeights(self.path, name, start, self.readers, self.fetched, self.copying)

    def reopen(self) -> None:
        """Open files may be shared by copies: nothing of them changes."""


class FileWeights:
    """A weights file on a file system. Fetching reads it into the page cache, from which the engine maps it.

    This avoids page faults, which read ahead only 128 KiB each over a network mount. Every reader reads its own part in
    the file's order, through its own open file, because file systems read ahead of such readers: over the lab's mount
    that takes 0.7 times as long as the plan's order.

    Device, inode, size and time of change, taken when the file is opened, identify it later.
    """

    def __init__(
        self, directory: Path, name: str, start: int, readers: int, fetched: Counter, copying: bool = False
    ) -> None:
        self.directory, self.path = directory, directory / name
        self._name = name
        self._readers = readers
        self._fetched = fetched
        self._copying = copying
        try:
            self._file = open(directory / name, "rb", buffering=0)  # noqa: SIM115 - kept open for the rows to come
            opened = os.fstat(self._file.fileno())
        except OSError as error:
            raise _unreadable(name, error) from None
        self.size = opened.st_size
        self._identity = _identity(opened)
        self.start = self.read(Range(0, min(start, self.size)))

    def read(self, wanted: Range) -> bytes:
        try:
            data = os.pread(self._file.fileno(), wanted.size, wanted.offset)
        except OSError as error:
            raise _unreadable(self._name, error) from None
        self._count(wanted, len(data))
        self.check()
        return data

    def fetch(self, ranges: Sequence[Range]) -> None:
        """Have the kernel read all ranges and discard them: what counts is that it has the pages now."""

        def read_through(part: list[Range]) -> None:
            try:
                with open(self.directory / self._name, "rb", buffering=0) as file:  # read-ahead is per open file
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)  # and doubles by this
                    for wanted in byte_ranges.coalesce(part, slack=0):
                        get = _copy if self._copying and not _cached(file.fileno(), wanted.end - 1) else _send
                        self._count(wanted, get(file.fileno(), wanted))
            except OSError as error:
                raise _unreadable(self._name, error) from None

        number = readers(self._readers)
        for_each(read_through, byte_ranges.share(byte_ranges.in_file_order(ranges), number, CHUNK), number)
        self.check()

    def check(self) -> None:
        """Ask the file system once; the kernel may answer from its cache of attributes."""
        try:
            now = os.stat(self.directory / self._name)
        except OSError as error:
            raise _unreadable(self._name, error) from None
        if _identity(now) != self._identity:
            raise Replaced(self._name)

    def _count(self, wanted: Range, size: int) -> None:
        if size != wanted.size:
            raise StoreError(self._name, f"ends at byte {wanted.offset + size} of {wanted.end}")
        self._fetched.add(size)


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _send(file: int, wanted: Range) -> int:
    """Send the kernel's pages to /dev/null without a copy; returns the bytes sent, fewer at the file's end.

    For 595 MB in the page cache this takes 10 ms, copying them takes 50 ms.
    """
    sent = 0
    with open(os.devnull, "wb", buffering=0) as nowhere:
        while sent < wanted.size and (
            count := os.sendfile(nowhere.fileno(), file, wanted.offset + sent, wanted.size - sent)
        ):
            sent += count
    return sent


def _cached(file: int, offset: int) -> bool:
    """Whether a byte is in the page cache; also False if the file system cannot tell."""
    try:
        return os.preadv(file, [bytearray(1)], offset, os.RWF_NOWAIT) == 1
    except OSError:  # BlockingIOError: it is not
        return False


def _copy(file: int, wanted: Range) -> int:
    """Read into one buffer again and again; returns the bytes read, fewer at the file's end.

    It makes few calls, because each waits for the interpreter lock, which the imports hold for 5 ms at a time.
    """
    scratch = memoryview(bytearray(SCRATCH))
    copied = 0
    for one in byte_ranges.split([wanted], LONGEST):
        whole, rest = divmod(one.size, SCRATCH)
        copied += os.preadv(file, [*[scratch] * whole, scratch[:rest]], one.offset)
    return copied


def store_at(path: str) -> DirectoryStore:
    """The store in a directory, with the reading that suits its file system."""
    kind = file_system(path)
    if kind.startswith("nfs"):  # EFS
        return DirectoryStore(path, NFS)
    if kind.startswith("fuse"):
        # The lab's mount in place of EFS: its server gets the requests of several readers in any order and reads
        # straight on only for one: 340 MB take 0.78, 0.74 and 0.84 s with one, two and four, and the imports need a
        # core, too.
        return DirectoryStore(path, 1)
    # The image's file system. Its pages come from a device, and in a new virtual machine a core's first touch of each
    # costs 5 us. If the readers did not do that beside the imports, the first encoding would: a cold start of 782 ms
    # instead of 644 (and 487 instead of 478 if the machine had used the memory before).
    return DirectoryStore(path, IMAGE, copying=True)


def file_system(path: str) -> str:
    """The kernel's name for the kind of file system that holds `path` (nfs4, ext4, fuse.…); empty if it has none.

    A missing path has none, either: the first read then fails with a message that reaches the caller.
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
