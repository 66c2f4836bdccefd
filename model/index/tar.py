"""Reads the files in a tar archive, compressed or not, as streams in one pass, within bounds.

Python's tarfile reads everything before a member (PAX headers, long names, maps of sparse files) as a whole, follows
one such header to the next by recursion, and keeps every member: a few hundred bytes of a bz2 file can demand
gigabytes. Such an archive is refused, and so is one that unpacks to thousands of times its size.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any, cast

DAMAGES = (
    *(tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, gzip.BadGzipFile),
    # The errors of tarfile for nonsensical headers, and of zipfile for unknown features.
    *(ValueError, OverflowError, RuntimeError, LookupError),
)
LARGEST_HEADER = 1 << 16  # bytes; a path or a PAX header has a few hundred
MOST_HEADERS = 16  # before one member
MOST_DEFAULTS = 100  # names that global PAX headers may set
SUSPICIOUS = 1 << 30  # bytes unpacked, beyond which the ratio counts
MOST_TIMES = 400  # unpacked bytes per packed byte; tables in bz2 have 5 to 20
BLOCK = 1 << 18  # bytes read at once to pass over a member
_EXTENSIONS = (
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
)


def _lzma(file: IO[bytes]) -> IO[bytes]:
    return cast(IO[bytes], lzma.LZMAFile(file))


_MAGIC: tuple[tuple[bytes, Callable[[IO[bytes]], IO[bytes]]], ...] = (
    (b"\x1f\x8b", lambda file: cast(IO[bytes], gzip.GzipFile(fileobj=file))),
    (b"BZh", lambda file: cast(IO[bytes], bz2.BZ2File(file))),
    (b"\xfd7zXZ\x00", _lzma),
    (b"\x5d\x00\x00\x80", _lzma),
)


def files(file: IO[bytes], packed: Callable[[], int]) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and stream of each regular file, in the archive's order; read each before the next.

    `packed` tells how many bytes of `file` were read. Raises one of DAMAGES.
    """
    unpacked = cast(IO[bytes], _Unpacked(_unpacked(file), packed))
    with tarfile.open(fileobj=unpacked, mode="r:", tarinfo=_Member) as archive:
        while member := archive.next():
            vars(archive)["members"].clear()  # tarfile keeps them all, to find one again; this reader never looks back
            stream = archive.extractfile(member) if member.isfile() else None
            if stream:
                yield member.name, stream


def _unpacked(file: IO[bytes]) -> IO[bytes]:
    start = cast(io.BufferedReader, file).peek(8)
    for magic, opened in _MAGIC:
        if start.startswith(magic):
            return opened(file)
    return file


class _Unpacked:
    """A forward-only stream for tarfile: fails if it grows out of all proportion to the packed bytes."""

    def __init__(self, stream: IO[bytes], packed: Callable[[], int]) -> None:
        self._stream = stream
        self._packed = packed
        self._position = 0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._position += len(data)
        if self._position > max(SUSPICIOUS, MOST_TIMES * self._packed()):
            raise tarfile.ReadError(f"it unpacks to more than {MOST_TIMES} times its size")
        return data

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, position: int) -> int:
        if position < self._position:
            raise tarfile.ReadError("its members overlap")
        while self._position < position and self.read(min(BLOCK, position - self._position)):
            pass
        return self._position


class _Member(tarfile.TarInfo):
    """A header; tarfile calls `_proc_member` to process it by its type."""

    def _proc_member(self, archive: Any) -> tarfile.TarInfo:
        if self.type == tarfile.GNUTYPE_SPARSE:
            raise tarfile.ReadError("it holds a sparse file")
        if self.type not in _EXTENSIONS:
            archive.headers_in_a_row = 0
            return cast(tarfile.TarInfo, super()._proc_member(archive))  # type: ignore[misc]
        archive.headers_in_a_row = getattr(archive, "headers_in_a_row", 0) + 1
        if self.size > LARGEST_HEADER or archive.headers_in_a_row > MOST_HEADERS:
            raise tarfile.ReadError("it has a header larger than any that is needed")
        if len(archive.pax_headers) > MOST_DEFAULTS:
            raise tarfile.ReadError("its global headers set more names than there are")
        return cast(tarfile.TarInfo, super()._proc_member(archive))  # type: ignore[misc]

    def _proc_gnusparse_10(self, *_arguments: Any) -> None:
        raise tarfile.ReadError("it holds a sparse file")
