"""Holds what the tasks of `bench.limits.worker` find, as they hand it over."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Encoded:
    """One text of a length by one engine: ms of each warm encoding, the CLS vector, and incident ids, nearest first."""

    times: list[float]
    vector: list[float]
    ranking: list[int]


@dataclass(frozen=True)
class Ranked:
    """Ms of each ranking and of opening the index that was read, and the peak memory of it all in MB."""

    times: list[float]
    open_ms: float
    peak_mb: float


@dataclass(frozen=True)
class Read:
    """Ms of one read; meanwhile `core_ms` of the whole machine, `own_core_ms` of the reader, where they were taken."""

    ms: float
    core_ms: float | None = None
    own_core_ms: float | None = None
