"""Shows a file system's image as a file whose reads are answered at the pace of Lambda's storages, through FUSE.

It is run for one environment, as `python -m lab.shape.paced_device image|network POINT …`, until POINT, an empty file,
is unmounted. This is not nbdkit behind nbdfuse, because nbdfuse has ten reads in flight at most, and nbdkit's filters
delay a request: they know neither the chunk that a request belongs to, nor the stream that it continues.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mfusepy

from lab.shape.nbd import NbdFile
from lab.shape.pace import Chunks, Pace, Streams
from lab.shape.shape import FileSystem, ImageChunks

#: Reads in flight. A thread waits for each, and a virtual disk of Lambda's kind has room for as many.
_READS = 128


class _Fuse(mfusepy.FUSE):  # type: ignore[misc]  # the package has no types
    """Reads into the buffer from which the kernel is answered. The package would copy every read into it."""

    def read(self, path: bytes, buffer: Any, size: int, offset: int, file: Any) -> int:
        """Fill the buffer; returns the bytes in it, fewer at the file's end."""
        whole = (ctypes.c_char * size).from_address(ctypes.addressof(buffer.contents))
        return int(self.operations.read(memoryview(whole).cast("B"), offset))


class PacedDevice(mfusepy.Operations):  # type: ignore[misc]
    """A file system that is one read-only file, at its root. `fill` fills a buffer with its bytes at an offset."""

    use_ns = True

    def __init__(self, size: int, fill: Callable[[memoryview, int], object], pace: Pace) -> None:
        self._size = size
        self._fill = fill
        self._pace = pace

    def init_with_config(self, connection: Any, _: Any) -> None:
        """Let the kernel send as many reads at the same time as there are threads."""
        connection.max_background = _READS
        connection.congestion_threshold = _READS

    def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
        """The attributes of the file."""
        return {"st_mode": stat.S_IFREG | 0o400, "st_nlink": 1, "st_size": self._size}

    def read(self, buffer: memoryview, offset: int) -> int:
        """Fill the buffer with bytes of the image, once the pace lets them go; reading them is part of the wait."""
        size = max(0, min(len(buffer), self._size - offset))
        due = self._pace.due(offset, size, time.monotonic())
        if size:
            self._fill(buffer[:size], offset)
        time.sleep(max(0.0, due - time.monotonic()))
        self._pace.answered(offset, size)
        return size


def image(point: str, file: str, cached: str, *figures: str) -> None:
    """Serve an image from its file; `cached` is the file with a byte for each chunk."""
    chunk, later_ms, first_ms, own_ms = figures
    with open(file, "rb", buffering=0) as opened, open(cached, "r+b") as state, mmap.mmap(state.fileno(), 0) as shared:
        pace = Chunks(ImageChunks(int(chunk), float(later_ms), float(first_ms)), shared, float(own_ms))
        size = Path(file).stat().st_size
        _serve(point, PacedDevice(size, lambda buffer, offset: os.preadv(opened.fileno(), [buffer], offset), pace))


def network(point: str, host: str, port: str, *figures: str) -> None:
    """Serve what an NBD server has."""
    piece, piece_ms, client = figures
    source = NbdFile(host, int(port))
    pace = Streams(FileSystem(int(piece), float(piece_ms), float(client)))
    _serve(point, PacedDevice(source.size, source.read_into, pace))


def _serve(point: str, device: PacedDevice) -> None:
    _Fuse(device, point, foreground=True, ro=True, fsname="paced-device", max_threads=_READS, max_idle_threads=_READS)


if __name__ == "__main__":
    {"image": image, "network": network}[sys.argv[1]](*sys.argv[2:])
