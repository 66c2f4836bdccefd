"""Reads tables in a directory or an archive as streams: unpacks nothing, and tells how far reading is.

Archives are downloaded, so their use of this machine's memory and time is bounded: see model.index.tar.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from model.base.errors import BuildError
from model.index import tar
from model.index.tar import MOST_TIMES, SUSPICIOUS

DAMAGES = (*tar.DAMAGES, zipfile.BadZipFile)
LARGEST_DIRECTORY = 1 << 23  # bytes of a zip's directory, which is read at once: 100,000 files
ARCHIVES = (".tar.bz2", ".tbz2", ".tar.gz", ".tgz", ".tar.xz", ".tar", ".zip")


class Meter:
    """Counts the bytes that are read of a source's files: `done` of `total`."""

    def __init__(self) -> None:
        self.done = 0
        self.total = 0

    def open(self, path: Path, reader: type[io.BufferedReader] = io.BufferedReader) -> IO[bytes]:
        self.total += path.stat().st_size
        return reader(_CountedFile(path, self), 1 << 18)


class _CountedFile(io.FileIO):
    def __init__(self, path: Path, meter: Meter) -> None:
        super().__init__(path, "r")
        self._meter = meter

    def readinto(self, buffer: Any) -> int | None:
        count = super().readinto(buffer)
        self._meter.done += count or 0
        return count


class _Zipped(io.BufferedReader):
    """A zip file whose directory must be of a sane size, since zipfile reads it at once."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > LARGEST_DIRECTORY:
            raise zipfile.BadZipFile("it holds too many files")
        return super().read(size)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn the errors of reading a source into BuildErrors that name it."""
    try:
        yield
    except NotImplementedError as error:  # zipfile says so of methods and features that it does not have
        raise BuildError(
            f"{path} is packed in a way that Python cannot read ({error}): unpack it, and name the directory"
        ) from None
    except DAMAGES as error:
        raise BuildError(f"{path} is damaged or no archive: {error}") from None
    except MemoryError:
        raise BuildError(f"{path} takes more memory than there is: it is damaged, or made to do so") from None
    except OSError as error:
        raise BuildError(f"{path} cannot be read: {error.strerror or error}") from None


def is_container(path: Path) -> bool:
    """Whether `path` is a directory or named as an archive."""
    return path.is_dir() or path.name.lower().endswith(ARCHIVES)


def tables(path: Path, wanted: tuple[str, ...], meter: Meter) -> Iterator[tuple[str, IO[bytes]]]:
    """Name and stream of each wanted file that is there, in the source's order; read each before the next."""
    if path.is_dir():
        yield from _in_directory(path, wanted, meter)
    elif path.name.lower().endswith(".zip"):
        yield from _in_zip(path, wanted, meter)
    else:
        yield from _in_tar(path, wanted, meter)


def _in_directory(path: Path, wanted: tuple[str, ...], meter: Meter) -> Iterator[tuple[str, IO[bytes]]]:
    found = {name: [p for p in (path / name, *sorted(path.glob(f"*/{name}"))) if p.is_file()] for name in wanted}
    for name, places in found.items():
        if len(places) > 1:
            raise BuildError(f"{path} holds {name} more than once ({places[0]}, {places[1]}): name the one directory")
    opened = [(name, meter.open(places[0])) for name, places in found.items() if places]
    for name, file in opened:
        with file:
            yield name, file


def _in_zip(path: Path, wanted: tuple[str, ...], meter: Meter) -> Iterator[tuple[str, IO[bytes]]]:
    names = set()
    with meter.open(path, _Zipped) as file, zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            name = _base_name(member.filename)
            names.add(name)
            if name in wanted:
                _check_member(path, member)
                with archive.open(member) as stream:
                    yield name, stream
    _check_not_nested(path, names, wanted)


def _base_name(member: str) -> str:
    """The last part of a member's name; "" for what macOS adds beside the files, under the same names.

    Some programs of Windows write `\\` between the parts.
    """
    path = PurePosixPath(member.replace("\\", "/"))
    return "" if "__MACOSX" in path.parts else path.name


def _check_not_nested(path: Path, names: set[str], wanted: tuple[str, ...]) -> None:
    """Raise BuildError if an archive holds another one, and nothing that is wanted beside it."""
    inner = sorted(name for name in names if name.lower().endswith(ARCHIVES))
    if inner and not names.intersection(wanted):
        raise BuildError(f"{path} holds another archive, {inner[0]}: unpack the outer one, and name the inner one")


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    if member.flag_bits & 1:
        raise BuildError(f"{path} is encrypted: unpack it, and name the directory")
    if member.file_size > max(SUSPICIOUS, MOST_TIMES * member.compress_size):
        raise BuildError(f"{path} unpacks to more than {MOST_TIMES} times its size: that is not a table")


def _in_tar(path: Path, wanted: tuple[str, ...], meter: Meter) -> Iterator[tuple[str, IO[bytes]]]:
    """One pass, which ends as soon as everything is found: going back in a compressed file means starting over."""
    missing, nested = set(wanted), set()
    with meter.open(path) as file:
        for name, stream in tar.files(file, lambda: meter.done):
            base = _base_name(name)
            if base.lower().endswith(ARCHIVES):
                nested.add(base)
            if base in missing:
                missing.remove(base)
                yield base, stream
                if not missing:
                    return
    _check_not_nested(path, nested | (set(wanted) - missing), wanted)
