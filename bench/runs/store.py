"""Appends events to results.jsonl, each before the next request is sent, one JSON object per line; reads them back."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from bench.process.errors import StorageError, UsageError
from bench.process.redact import redacted
from bench.runs.plan import Axes
from bench.runs.records import End, Event, Sample, Session, Torn, VisitEnd, from_line, to_json

RESULTS, LOAD = "results.jsonl", "load.jsonl"


@dataclass(frozen=True)
class Run:
    """Everything a results file says, in the order it was written; `torn` are the numbers of the torn lines."""

    sessions: tuple[Session, ...]
    samples: tuple[Sample, ...]
    visits: tuple[VisitEnd, ...]
    ends: tuple[End, ...]
    torn: tuple[int, ...] = ()

    @property
    def torn_lines(self) -> int:
        """How many lines a kill has torn."""
        return len(self.torn)

    @property
    def is_restored(self) -> bool:
        """Whether the record says that the last session put the functions back."""
        return bool(self.ends) and self.ends[-1].session == self.sessions[-1].session and self.ends[-1].restored is True

    @property
    def first(self) -> Session:
        """The session that began the run."""
        return self.sessions[0]

    @property
    def axes(self) -> Axes:
        """The plan's axes: those that the run began with, or to which its user extended it."""
        return self.sessions[-1].axes


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
        """Write one event. Raises StorageError when the disk refuses it."""
        line = json.dumps(redacted(to_json(event)), separators=(",", ":"), allow_nan=False).encode() + b"\n"
        if self._torn:
            line = b"\n" + line  # a torn line stays, but must not swallow the next one
        try:
            written = self._file.write(line)
            if isinstance(event, Session):  # what must be put back has to survive even a crash of the machine
                os.fsync(self._file.fileno())
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


def is_results(path: Path) -> bool:
    """Whether this is a file of results by itself, such as a baseline that is kept."""
    return path.suffix == Path(RESULTS).suffix and path.name != LOAD and path.is_file()


def read_run(place: Path) -> Run:
    """Read a run: its folder, or a copy of its results file under any name that ends in `.jsonl`.

    Lines that a kill tore are counted; any other unreadable line is an error.
    """
    path = place if is_results(place) else place / RESULTS
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UsageError(_why_not(place, error)) from error
    events: list[Event] = []
    torn: list[int] = []
    for number, line in enumerate(lines, 1):
        try:
            events += [from_line(line)] if line.strip() else []
        except Torn:
            torn.append(number)
        except ValueError as error:
            raise UsageError(f"{path}, line {number}: {error}") from error
    sessions = tuple(event for event in events if isinstance(event, Session))
    if not sessions:
        raise UsageError(f"{path} holds no session record: nothing was measured in it")
    samples = tuple(event for event in events if isinstance(event, Sample))
    if repeated := [key for key, times in Counter((s.session, s.id) for s in samples).items() if times > 1]:
        session, sample = repeated[0]
        raise UsageError(f"{path} has sample {sample} of session {session} more than once: two runs wrote to it")
    return Run(
        sessions,
        samples,
        tuple(event for event in events if isinstance(event, VisitEnd)),
        tuple(event for event in events if isinstance(event, End)),
        tuple(torn),
    )


def _why_not(place: Path, error: OSError) -> str:
    """Why a place holds no run, and what it is instead."""
    if not place.exists():
        return f"there is no {place}; give the folder of a run"
    if place.is_file():
        return f"{place} is not a run: give a run's folder, or its {RESULTS}"
    if (place / LOAD).exists():
        return f"{place} is a load, which has no cold starts to compare or predict from: `report {place}` shows it"
    if not (place / RESULTS).exists():
        return f"{place} is not the folder of a run: it has no {RESULTS}"
    return f"{place / RESULTS} cannot be read ({error.strerror})"


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
