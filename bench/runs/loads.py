"""Writes and reads load.jsonl: a header, then one line for each request that was due."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Literal

from pydantic import TypeAdapter, ValidationError

from bench.process.errors import StorageError, UnsoundError, UsageError
from bench.process.redact import redacted
from bench.runs.checks import CHECKED, Facts, Milliseconds, Positive, Seconds, Target, explain
from bench.runs.records import Torn, parse_object
from bench.runs.store import LOAD as LOAD


@dataclass(frozen=True)
class Arrival:
    """One request of a load. `latency_ms` counts from when it was due, so that waiting in our own queue is not hidden.

    `lag_ms` is how much later than due it was sent; a `dropped` request was not sent: too many were under way.
    """

    __pydantic_config__ = CHECKED

    backend: str
    due_s: Seconds
    lag_ms: Milliseconds = 0.0
    latency_ms: Milliseconds | None = None
    status: int | None = None
    cold: bool = False
    dropped: bool = False
    error: str | None = None


@dataclass(frozen=True)
class LoadHeader:
    """The load, its target, and in `notes` what a reader must know before believing a figure."""

    __pydantic_config__ = CHECKED

    kind: Literal["load"]
    schema: Literal[1]
    utc: str
    rate: Positive
    duration_s: Positive
    spacing: str
    seed: int
    most_at_once: int
    target: Target
    facts: Facts
    notes: tuple[str, ...]
    backends: tuple[str, ...] = ()


_HEADER = TypeAdapter(LoadHeader)
_ARRIVAL = TypeAdapter(Arrival)


class LoadFile:
    """Writes a load's lines as they come."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / LOAD
        try:
            self._file: IO[str] = self._path.open("x", encoding="utf-8")
        except OSError as error:
            raise StorageError(f"cannot write {self._path}: {error.strerror}") from error

    def append(self, line: LoadHeader | Arrival) -> None:
        """Write one line. Raises StorageError when the disk refuses it."""
        values = asdict(line) if isinstance(line, LoadHeader) else {"kind": "arrival", **asdict(line)}
        try:
            self._file.write(json.dumps(redacted(values), separators=(",", ":"), allow_nan=False) + "\n")
            self._file.flush()
        except OSError as error:
            raise StorageError(f"cannot write {self._path}: {error.strerror}; make room") from error

    def __enter__(self) -> LoadFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def read_load(directory: Path) -> tuple[LoadHeader, list[Arrival]]:
    """The header and the arrivals of a load. The notes name lines that a kill tore; others are an error."""
    path = directory / LOAD
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UsageError(f"{path} is not a load: {error.strerror}") from error
    header: LoadHeader | None = None
    arrivals: list[Arrival] = []
    torn: list[str] = []
    for number, line in enumerate(lines, 1):
        try:
            parse_object(line)
            if header is None:
                header = _HEADER.validate_json(line)
            else:
                arrivals.append(_ARRIVAL.validate_json(line))
        except Torn:
            torn.append(str(number))
        except ValidationError as error:
            raise UsageError(f"{path}, line {number}: {explain(error)}") from error
        except ValueError as error:
            raise UsageError(f"{path}, line {number}: {error}") from error
    if header is None:
        raise UsageError(f"{path} is not a load: it has no header")
    if torn:
        said = f"Left out, since not JSON (torn by a kill?): line {', '.join(torn)}."
        header = replace(header, notes=(*header.notes, said))
    if all(arrival.dropped for arrival in arrivals):
        raise UnsoundError(f"nothing was measured in {directory}: no request was sent")
    return header, arrivals
