"""The lines of results.jsonl, as frozen dataclasses (schema version 1).

A run is a sequence of events, appended as they happen and never changed:

- `session`: a process began to measure (one per start or resume): plan, target, machine, versions
- `sample`: one request and everything its answer said
- `visit`: a visit ended: Lambda's own log lines about it, and why warm requests were skipped, if they were
- `end`: a process stopped, and why

Whether a sample may be used is *not* in the file: `bench.evidence.judge` decides that from these facts, each time anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from bench.plan import Axes, Variant

SCHEMA = 1


@dataclass(frozen=True)
class Observation:
    """What one request brought back.

    Times in ms, by one monotonic clock of this process; `connect_ms` is not part of `request_ms`.
    """

    connect_ms: float
    request_ms: float
    status: int | None = None
    error: str | None = None
    timed_out: bool = False
    environment_id: str | None = None
    invocation: int | None = None
    nonce: str | None = None
    backend: str | None = None
    engine: str | None = None
    bundle_hash: str | None = None
    weights: str | None = None
    fetched_bytes: int | None = None
    request_id: str | None = None
    log_stream: str | None = None
    phases_ms: Mapping[str, float] = field(default_factory=dict)
    results: tuple[tuple[int, float], ...] = ()
    log_tail: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """One request: what was asked, what the plan expects of it, and what was seen.

    `state` is cold, warm, burst (one of several at once), idle (after a pause), or primer (only makes an environment
    for those two); `cold_kind` says which kind of cold start it is, or may be.

    `previous_environment`/`previous_invocation` are those of the sample before it in the same visit (None: cold).
    `limit_ms` is when the path gives up (API or function time-out, whichever is shorter).
    """

    id: str
    visit: str
    session: int
    round: int
    order: int
    warm_up: bool
    variant: Variant
    state: str
    cold_kind: str | None
    utc: str
    elapsed_s: float
    nonce: str
    limit_ms: float
    seen: Observation
    previous_environment: str | None = None
    previous_invocation: int | None = None


@dataclass(frozen=True)
class VisitEnd:
    """The end of a visit: `log_lines` are Lambda's REPORT and INIT_REPORT lines as found.

    `reconfigure_ms` is how long forcing the cold start took, `ping_ms` a last request that the warm function refused at
    once. `skipped` says why planned requests were not made; `complete` is false for a visit that was broken off.
    """

    visit: str
    session: int
    complete: bool = True
    log_lines: tuple[str, ...] = ()
    skipped: str | None = None
    reconfigure_ms: float | None = None
    ping_ms: float | None = None


@dataclass(frozen=True)
class Session:
    """A process that measured. `target` holds the deployment's outputs, `facts` the machine, `prices` the table."""

    session: int
    utc: str
    axes: Axes
    target: Mapping[str, Any]
    functions: Mapping[str, Mapping[str, Any]]
    facts: Mapping[str, Any]
    prices: Mapping[str, Any] = field(default_factory=dict)
    schema: int = SCHEMA


@dataclass(frozen=True)
class End:
    """A process stopped measuring: `reason` is complete, interrupted, or what went wrong."""

    session: int
    utc: str
    reason: str


Event = Session | Sample | VisitEnd | End

_KINDS: dict[str, type[Event]] = {"session": Session, "sample": Sample, "visit": VisitEnd, "end": End}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def to_json(event: Event) -> dict[str, Any]:
    """The JSON object of one line."""
    return {"kind": _NAMES[type(event)], **asdict(event)}


def from_json(line: Mapping[str, Any]) -> Event:
    """The inverse of `to_json`. Raises ValueError for a line of another kind or schema."""
    kind = _KINDS.get(str(line.get("kind")))
    if kind is None:
        raise ValueError(f"unknown kind of record {line.get('kind')!r}")
    if line.get("schema", SCHEMA) != SCHEMA:
        raise ValueError(f"schema {line['schema']} is not the one this version reads ({SCHEMA})")
    values = {f.name: line[f.name] for f in fields(kind) if f.name in line}
    if kind is Sample:
        values["variant"] = Variant(**values["variant"])
        values["seen"] = _observation(values["seen"])
    elif kind is Session:
        values["axes"] = _axes(values["axes"])
    elif kind is VisitEnd:
        values["log_lines"] = tuple(values["log_lines"])
    return kind(**values)


def _axes(values: Mapping[str, Any]) -> Axes:
    known: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return Axes(**known)


def _observation(values: Mapping[str, Any]) -> Observation:
    known = {f.name: values[f.name] for f in fields(Observation) if f.name in values}
    known["results"] = tuple((int(i), float(s)) for i, s in known.get("results", ()))
    known["log_tail"] = tuple(known.get("log_tail", ()))
    return Observation(**known)
