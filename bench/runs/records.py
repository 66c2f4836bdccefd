"""The lines of results.jsonl, as frozen dataclasses (schema version 1).

A run is a sequence of events, appended as they happen and never changed:

- `session`: a process began to measure (one per start or resume): plan, target, machine, versions
- `sample`: one request and everything its answer said
- `visit`: a visit ended: Lambda's own log lines about it, and why warm requests were skipped, if they were
- `end`: a process stopped, and why

Whether a sample may be used is *not* in the file: `bench.runs.judge` decides that from these facts, each time anew.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bench.runs.checks import (
    CHECKED,
    ColdKind,
    Count,
    Facts,
    Function,
    Milliseconds,
    Prices,
    Seconds,
    Similarity,
    Target,
    explain,
)
from bench.runs.cold_starts.kind import PRIMER, WARM
from bench.runs.plan import Axes, Variant

SCHEMA = 1


@dataclass(frozen=True)
class Observation:
    """The outcome of one request.

    Times in ms, by one monotonic clock of this process; `connect_ms` is not part of `request_ms`. `phases_ms` are on
    the function's clock; `cores_ms` is the core time of the same phases, `starts_ms` when each began after the first
    one; both are empty in records of versions without them. `fetches` is in how many reads the bytes came (of a
    bucket: GETs), None in such records. `warnings` are those of the answer, such as that the text was cut.
    `initialization` is how Lambda made an environment that it did not make on demand, and `version` the published one.
    """

    __pydantic_config__ = CHECKED

    connect_ms: Milliseconds
    request_ms: Milliseconds
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
    fetched_bytes: Count | None = None
    fetches: Count | None = None
    request_id: str | None = None
    log_stream: str | None = None
    phases_ms: Mapping[str, Milliseconds] = field(default_factory=dict)
    cores_ms: Mapping[str, Milliseconds] = field(default_factory=dict)
    starts_ms: Mapping[str, Milliseconds] = field(default_factory=dict)
    results: tuple[tuple[int, Similarity], ...] = ()
    warnings: tuple[str, ...] = ()
    initialization: str | None = None
    version: str | None = None
    log_tail: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sample:
    """One request: what was asked, what the plan expects of it, and what was seen.

    `state` is warm, primer (only makes an environment for those after it), or one that its kind of cold start gives it
    (cold, burst, idle, …); `cold_kind` names the kind of cold start that it is, or may be.

    `previous_environment`/`previous_invocation` are those of the sample before it in the same visit (None: cold).
    `limit_ms` is the time after which the path gives up (the shorter of API and function time-out). `version` is the
    published version that must answer, None for $LATEST.
    """

    __pydantic_config__ = CHECKED

    id: str
    visit: str
    session: int
    round: int
    order: int
    warm_up: bool
    variant: Variant
    state: str
    cold_kind: ColdKind | None
    utc: str
    elapsed_s: Seconds
    nonce: str
    limit_ms: Milliseconds
    seen: Observation
    previous_environment: str | None = None
    previous_invocation: int | None = None
    version: str | None = None


@dataclass(frozen=True)
class VisitEnd:
    """The end of a visit: `log_lines` are Lambda's REPORT and INIT_REPORT lines as found.

    `reconfigure_ms` is how long forcing the cold start took, `ping_ms` a last request that the warm function refused at
    once. `skipped` says why planned requests were not made; `complete` is false for a visit that was broken off.
    """

    __pydantic_config__ = CHECKED

    visit: str
    session: int
    complete: bool = True
    log_lines: tuple[str, ...] = ()
    skipped: str | None = None
    reconfigure_ms: Milliseconds | None = None
    ping_ms: Milliseconds | None = None


@dataclass(frozen=True)
class Original:
    """What a run changes in a function, as it was before the first change; None for a variable that was not set.

    The records hold nothing else of a function: its other variables may hold secrets, and are never changed.
    `version` is what its alias pointed at, or $LATEST without one; None where the run publishes no versions.
    `direct_reads` is Lambda's own word for the setting, None where the function mounts nothing that has it.
    """

    __pydantic_config__ = CHECKED

    memory_mb: Count
    timeout_s: Count
    variables: Mapping[str, str | None]
    version: str | None = None
    direct_reads: str | None = None


@dataclass(frozen=True)
class Session:
    """A process that measured. `target` holds the deployment's outputs, `facts` the machine, `prices` the table.

    `source` says where the outputs came from, `originals` by backend what must be put back. Both are empty in records
    of versions that did not write them.
    """

    __pydantic_config__ = CHECKED

    session: int
    utc: str
    axes: Axes
    target: Target
    functions: Mapping[str, Function]
    facts: Facts
    prices: Prices = field(default_factory=dict)
    schema: int = SCHEMA
    source: Mapping[str, str] = field(default_factory=dict)
    originals: Mapping[str, Original] = field(default_factory=dict)


@dataclass(frozen=True)
class End:
    """A process stopped measuring: `reason` is complete, interrupted, or what went wrong.

    `restored`: whether the functions' configuration was put back (None in records of versions that did not write it).
    """

    __pydantic_config__ = CHECKED

    session: int
    utc: str
    reason: str
    restored: bool | None = None


Event = Session | Sample | VisitEnd | End

_KINDS: dict[str, type[Event]] = {"session": Session, "sample": Sample, "visit": VisitEnd, "end": End}
_NAMES = {kind: name for name, kind in _KINDS.items()}
READERS: dict[str, TypeAdapter[Event]] = {name: TypeAdapter(kind) for name, kind in _KINDS.items()}


def to_json(event: Event) -> dict[str, Any]:
    """The JSON object of one line."""
    return {"kind": _NAMES[type(event)], **asdict(event)}


def from_line(line: bytes) -> Event:
    """The event of one line. Raises Torn if it is not JSON, ValueError if it is not such a record."""
    kind = _kind(line)
    try:
        event = READERS[kind].validate_json(line)
    except ValidationError as error:
        raise ValueError(explain(error)) from error
    if isinstance(event, Sample) and event.seen.status == 200 and event.seen.request_ms == 0:
        raise ValueError("seen.request_ms: an answer takes time, so this is not 0")
    if isinstance(event, Sample) and (event.cold_kind is None) != (event.state in (WARM, PRIMER)):
        raise ValueError("cold_kind: this is null for warm requests and primers, and only for them")
    return event


class Torn(ValueError):
    """A line that is not JSON, because a kill cut it short."""


def parse_object(line: bytes) -> dict[str, Any]:
    """The JSON object of a line, with finite numbers only. Raises Torn if it is not JSON, else ValueError."""
    try:
        value = json.loads(line, parse_float=_finite, parse_constant=_finite)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise Torn("this is not JSON") from error
    except RecursionError as error:
        raise ValueError("this is nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError(f"a record is a JSON object, not a {type(value).__name__}")
    return value


def _kind(line: bytes) -> str:
    value = parse_object(line)
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in READERS:
        raise ValueError(f"unknown kind of record; known are {', '.join(READERS)}")
    if value.get("schema", SCHEMA) != SCHEMA:
        raise ValueError(f"this version reads schema {SCHEMA} only")
    return kind


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is not finite")
    return value
