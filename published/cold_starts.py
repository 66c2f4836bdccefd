"""Reads the cold starts that others published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("cold_starts.json")


@dataclass(frozen=True)
class Time:
    """A published time in s: of what, its median, and a percentile of the tail (`tail` says which), if there is one."""

    of: str
    median_s: float
    tail_s: float | None
    tail: str | None


@dataclass(frozen=True)
class PublishedStart:
    """A cold start as published; None for what the source does not say.

    `test` marks those that take no part in any choice of a figure. `weights_mb` is what is read of the model,
    `payload_mb` the whole image or zip; both in MB of 10**6 bytes. `parts` says in words, in s, what it is made of.
    """

    id: str
    test: bool
    what: str
    weights_mb: float | None
    payload_mb: float | None
    storage: str
    memory_mb: int | None
    architecture: str | None
    library: str
    times: tuple[Time, ...]
    warm_ms: float | None
    parts: str
    n: int | None
    date: str
    source: str
    confidence: str
    note: str | None

    def time(self, of: str = "") -> Time:
        """The time of that name, or the only one. Raises KeyError if there is none, or if there are several."""
        found = [time for time in self.times if not of or time.of == of]
        if len(found) != 1:
            raise KeyError(f"{self.id} has {len(found)} times {of!r}: {', '.join(time.of for time in self.times)}")
        return found[0]


@cache
def cold_starts() -> Mapping[str, PublishedStart]:
    """All published cold starts by their ids."""
    rows = json.loads(_FILE.read_text(encoding="utf-8"))["cold_starts"]
    read = (PublishedStart(**{**row, "times": tuple(Time(**time) for time in row["times"])}) for row in rows)
    return {start.id: start for start in read}


def published_start(name: str) -> PublishedStart:
    """The cold start of that id. Raises KeyError for one that does not exist."""
    if name not in cold_starts():
        raise KeyError(f"there is no published cold start {name!r}; see published/cold_starts.json")
    return cold_starts()[name]
