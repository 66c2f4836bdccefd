"""results.jsonl: append-only, one JSON object per line, handed to the system before the next request is sent."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from bench.errors import StorageError, UsageError
from bench.records.schema import End, Event, Sample, Session, VisitEnd, from_json, to_json

RESULTS = "results.jsonl"


@dataclass(frozen=True)
class Run:
    """Everything a results file says, in the order it was written."""

    sessions: tuple[Session, ...]
    samples: tuple[Sample, ...]
    visits: tuple[VisitEnd, ...]
    ends: tuple[End, ...]
    torn_lines: int = 0

    @property
    def first(self) -> Session:
        """The session that began the run; its plan is the plan."""
        return self.sessions[0]


class Recorder:
    """Appends events to a results file, unbuffered, so a kill loses at most the line being written.

    Not synced: waiting for the disk between requests would disturb what is measured.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: IO[bytes] = path.open("ab", buffering=0)
        except OSError as error:
            raise StorageError(f"cannot write {path}: {error.strerror}") from error
        self._torn = bool(self._file.tell()) and not _ends_with_newline(path)

    def append(self, event: Event) -> None:
        """Write one event. Raises StorageError when the disk does not take it."""
        line = json.dumps(to_json(event), separators=(",", ":"), allow_nan=False).encode() + b"\n"
        if self._torn:
            line = b"\n" + line  # a torn line stays, but must not swallow the next one
        try:
            written = self._file.write(line)
        except OSError as error:
            raise self._refused(str(error.strerror)) from error
        self._torn = written < len(line)
        if self._torn:
            raise self._refused("only a part was written")

    def close(self) -> None:
        """Close the file; nothing is buffered, so nothing can be lost here."""
        self._file.close()

    def _refused(self, why: str) -> StorageError:
        return StorageError(
            f"cannot write to {self._path}: {why}. What was measured before is kept; make room and go on with --resume."
        )

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_run(directory: Path) -> Run:
    """Read a report folder's results. A torn last line is counted, any other unreadable line is an error."""
    path = directory / RESULTS
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}); give the folder of a run") from error
    torn = 0
    events: list[Event] = []
    for event in _events(path, lines):
        if event is None:
            torn += 1
        else:
            events.append(event)
    sessions = tuple(e for e in events if isinstance(e, Session))
    if not sessions:
        raise UsageError(f"{path} holds no session record: nothing was measured in it")
    return Run(
        sessions,
        tuple(e for e in events if isinstance(e, Sample)),
        tuple(e for e in events if isinstance(e, VisitEnd)),
        tuple(e for e in events if isinstance(e, End)),
        torn,
    )


def _events(path: Path, lines: list[bytes]) -> Iterator[Event | None]:
    """Each line as an event; None for one that a kill tore (JSON that ends early)."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError:
            yield None
            continue
        try:
            yield from_json(value)
        except (ValueError, TypeError, KeyError) as error:
            raise UsageError(f"{path}, line {number}: {error}") from error


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
