"""Files out of the page cache, or into it, with proof."""

from __future__ import annotations

import ctypes
import mmap
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_PAGE = mmap.PAGESIZE
_TRIES = 3
_READ_BYTES = 4 << 20
_LOWEST_BIT = bytes(value & 1 for value in range(256))


@dataclass(frozen=True)
class Change:
    """Bytes of the files that were in the page cache before and after."""

    before: int
    after: int


def evict(files: Iterable[Path]) -> Change:
    """Drop the files from the page cache. What a running process has mapped or locked stays and shows in ``after``.

    Raises OSError if a file cannot be opened.
    """
    paths = list(files)
    before = sum(map(resident, paths))
    after = before
    for _ in range(_TRIES):
        for path in paths:
            _drop(path)
        after = sum(map(resident, paths))
        if after == 0:
            break
    return Change(before, after)


def fill(files: Iterable[Path]) -> Change:
    """Read the files into the page cache, as far as memory allows. Raises OSError if a file cannot be read."""
    paths = list(files)
    before = sum(map(resident, paths))
    buffer = bytearray(_READ_BYTES)
    for path in paths:
        with path.open("rb", buffering=0) as file:
            while file.readinto(buffer):
                pass
    return Change(before, sum(map(resident, paths)))


def resident(path: Path) -> int:
    """How many bytes of the file (whole pages) are in the page cache now."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            return 0
        # Private and writable only because ctypes takes the address of nothing else; it is never written to.
        with mmap.mmap(file.fileno(), size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE) as view:
            pages = (ctypes.c_ubyte * -(-size // _PAGE))()
            address = ctypes.c_char.from_buffer(view)
            failed = _libc.mincore(ctypes.byref(address), ctypes.c_size_t(size), pages)
            del address
            if failed:
                raise OSError(ctypes.get_errno(), "mincore", str(path))
            return (bytes(pages).translate(_LOWEST_BIT).count(1)) * _PAGE


def _drop(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fdatasync(descriptor)  # a dirty page cannot be dropped
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)
