"""Evicts files from the page cache or reads them into it, and proves it."""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_PAGE = mmap.PAGESIZE
_FOLIO = 2 << 20  # bytes: the kernel caches up to this much as one aligned piece, and drops it only as a whole
_TRIES = 3
_READ_BYTES = 4 << 20
_LOWEST_BIT = bytes(value & 1 for value in range(256))


@dataclass(frozen=True)
class Part:
    """The bytes of a file from `start` to `end` (to its end, if None)."""

    path: Path
    start: int = 0
    end: int | None = None


@dataclass(frozen=True)
class Change:
    """Bytes of the files that were in the page cache before and after."""

    before: int
    after: int


def evict(files: Iterable[Path | Part]) -> Change:
    """Drop files, or parts of them and everything in the same folios, from the page cache.

    Pages that a running process has mapped or locked stay, and count in `after`. Raises OSError if a file cannot be
    opened.
    """
    parts = list(files)
    before = sum(map(resident, parts))
    after = before
    for _ in range(_TRIES):
        for part in parts:
            _drop(part)
        after = sum(map(resident, parts))
        if after == 0:
            break
    return Change(before, after)


def fill(files: Iterable[Path | Part]) -> Change:
    """Read files, or parts of them, into the page cache, as far as memory allows; raises OSError."""
    parts = list(files)
    before = sum(map(resident, parts))
    buffer = memoryview(bytearray(_READ_BYTES))
    for part in parts:
        path, start, length = _pages(part)
        with path.open("rb", buffering=0) as file:
            for offset in range(start, start + length, _READ_BYTES):
                os.preadv(file.fileno(), [buffer[: start + length - offset]], offset)
    return Change(before, sum(map(resident, parts)))


def resident(file: Path | Part) -> int:
    """How many bytes of the file, or of the part (in whole pages), are in the page cache now."""
    path, start, length = _pages(file)
    if length == 0:
        return 0
    # Private and writable only because ctypes needs that to take an address; it is never written to.
    access = {"flags": mmap.MAP_PRIVATE, "prot": mmap.PROT_READ | mmap.PROT_WRITE}
    with path.open("rb") as opened, mmap.mmap(opened.fileno(), length, offset=start, **access) as view:
        pages = (ctypes.c_ubyte * -(-length // _PAGE))()
        address = ctypes.c_char.from_buffer(view)
        failed = _libc.mincore(ctypes.byref(address), ctypes.c_size_t(length), pages)
        del address
        if failed:
            raise OSError(ctypes.get_errno(), "mincore", str(path))
        return (bytes(pages).translate(_LOWEST_BIT).count(1)) * _PAGE


def _drop(file: Path | Part) -> None:
    path, start, length = _pages(file)
    first = start // _FOLIO * _FOLIO
    beyond = -(-(start + length) // _FOLIO) * _FOLIO
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fdatasync(descriptor)  # a dirty page cannot be dropped
        os.posix_fadvise(descriptor, first, beyond - first, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def _pages(file: Path | Part) -> tuple[Path, int, int]:
    """Path, first byte and length of the pages that a file or a part lies in; the last page may end with the file."""
    part = file if isinstance(file, Part) else Part(file)
    size = part.path.stat().st_size
    start = part.start // _PAGE * _PAGE
    end = size if part.end is None else min(size, -(-part.end // _PAGE) * _PAGE)
    return part.path, start, max(0, end - start)
