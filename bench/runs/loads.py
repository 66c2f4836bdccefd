"""load.jsonl: a header, then one line for each request that was due."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal

from pydantic import TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from bench.process.errors import StorageError, UnsoundError, UsageError
from bench.process.redact import redacted
from bench.runs.checks import CHECKED, Facts, Milliseconds, Positive, Seconds, Target, explain
from bench.runs.records import Torn, parse_object

LOAD = "load.jsonl"


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


@with_config(CHECKED)
class Header(TypedDict):
    """What was asked of which target; `notes` is what a reader must know before believing a figure."""

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
    notes: list[str]


_HEADER: TypeAdapter[Header] = TypeAdapter(Header)
_ARRIVAL = TypeAdapter(Arrival)


def to_json(arrival: Arrival) -> dict[str, Any]:
    """The JSON object of one line of load.jsonl."""
    return {"kind": "arrival", **asdict(arrival)}


class LoadFile:
    """Writes a load's lines as they come."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / LOAD
        try:
            self._file: IO[str] = self._path.open("x", encoding="utf-8")
        except OSError as error:
            raise StorageError(f"cannot write {self._path}: {error.strerror}") from error

    def append(self, line: dict[str, Any]) -> None:
        """Write one line. Raises StorageError when the disk does not take it."""
        try:
            self._file.write(json.dumps(redacted(line), separators=(",", ":"), allow_nan=False) + "\n")
            self._file.flush()
        except OSError as error:
            raise StorageError(f"cannot write {self._path}: {error.strerror}; make room") from error

    def __enter__(self) -> LoadFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def read_load(directory: Path) -> tuple[dict[str, Any], list[Arrival]]:
    """The header and the arrivals of a load. Lines that a kill tore are named in the notes, others are an error."""
    path = directory / LOAD
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UsageError(f"{path} is no load: {error.strerror}") from error
    header: dict[str, Any] | None = None
    arrivals: list[Arrival] = []
    torn: list[str] = []
    for number, line in enumerate(lines, 1):
        try:
            parse_object(line)
            if header is None:
                header = dict(_HEADER.validate_json(line))
            else:
                arrivals.append(_ARRIVAL.validate_json(line))
        except Torn:
            torn.append(str(number))
        except ValidationError as error:
            raise UsageError(f"{path}, line {number}: {explain(error)}") from error
        except ValueError as error:
            raise UsageError(f"{path}, line {number}: {error}") from error
    if header is None:
        raise UsageError(f"{path} is no load: it has no header")
    if torn:
        header["notes"] = [*header["notes"], f"Left out, since not JSON (torn by a kill?): line {', '.join(torn)}."]
    if all(arrival.dropped for arrival in arrivals):
        raise UnsoundError(f"nothing was measured in {directory}: no request was sent")
    return header, arrivals
