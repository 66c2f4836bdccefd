"""Writes load.jsonl line by line, and reads it back."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import IO, TypeVar

from pydantic import TypeAdapter, ValidationError

from bench.process.errors import StorageError, UnsoundError, UsageError
from bench.process.redact import redacted
from bench.runs.checks import explain
from bench.runs.loads import Arrival, Line, Load, LoadHeader, Reading, Step
from bench.runs.records import Torn, parse_object
from bench.runs.store import LOAD

_ARRIVAL = "arrival"  # also of lines that name no kind
_KINDS: dict[str, type[Line]] = {"step": Step, _ARRIVAL: Arrival, "reading": Reading}
_NAMES = {kind: name for name, kind in _KINDS.items()}
READERS: dict[str, TypeAdapter[Line]] = {name: TypeAdapter(kind) for name, kind in _KINDS.items()}
"""What reads the lines after the first, by their kind."""
HEADER = TypeAdapter(LoadHeader)

T = TypeVar("T")


class LoadFile:
    """Writes a load's lines as they come, from any thread."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / LOAD
        self._lock = threading.Lock()
        try:
            self._file: IO[str] = self._path.open("x", encoding="utf-8")
        except OSError as error:
            raise StorageError(f"cannot write {self._path}: {error.strerror}") from error

    def append(self, line: LoadHeader | Line) -> None:
        """Write one line. Raises StorageError when the disk refuses it."""
        values = asdict(line) if isinstance(line, LoadHeader) else {"kind": _NAMES[type(line)], **asdict(line)}
        text = json.dumps(redacted(values), separators=(",", ":"), allow_nan=False) + "\n"
        try:
            with self._lock:
                self._file.write(text)
                self._file.flush()
        except OSError as error:
            raise StorageError(f"cannot write {self._path}: {error.strerror}; make room") from error

    def __enter__(self) -> LoadFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def read_load(directory: Path) -> Load:
    """Read a load. The notes name lines that a kill tore; others that cannot be read are an error."""
    path = directory / LOAD
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UsageError(f"{path} is not a load: {error.strerror}") from error
    header: LoadHeader | None = None
    found: list[Line] = []
    torn: list[str] = []
    for number, line in enumerate(lines, 1):
        try:
            kind = parse_object(line).get("kind", _ARRIVAL)
            if header is None:
                header = _checked(HEADER, line)
            elif not isinstance(kind, str) or kind not in READERS:
                raise ValueError(f"unknown kind of record; known are {', '.join(READERS)}")
            else:
                found.append(_checked(READERS[kind], line))
        except Torn:
            torn.append(str(number))
        except ValueError as error:
            raise UsageError(f"{path}, line {number}: {error}") from error
    if header is None:
        raise UsageError(f"{path} is not a load: it has no header")
    if torn:
        said = f"Left out, since not JSON (torn by a kill?): line {', '.join(torn)}."
        header = replace(header, notes=(*header.notes, said))
    load = Load(header, _of(Step, found), _of(Arrival, found), _of(Reading, found))
    if all(arrival.dropped for arrival in load.arrivals):
        raise UnsoundError(f"nothing was measured in {directory}: no request was sent")
    return load


def _checked(reader: TypeAdapter[T], line: bytes) -> T:
    try:
        return reader.validate_json(line)
    except ValidationError as error:
        raise ValueError(explain(error)) from error


def _of(kind: type[T], found: list[Line]) -> tuple[T, ...]:
    return tuple(line for line in found if isinstance(line, kind))
