"""Reads an answer of the service: witness headers, phases, results."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from requests.structures import CaseInsensitiveDict

from bench.runs.checks import LONGEST_MS, MOST_SIMILAR
from bench.runs.records import Observation
from contract import headers as names

RESULTS_ASKED = 3
_LONGEST_MESSAGE = 500
_MOST_WARNINGS = 5


def request_body(text: str) -> bytes:
    """The JSON body of one measured request."""
    return json.dumps({"text": text, "num": RESULTS_ASKED}).encode()


def observe(
    connect_ms: float,
    request_ms: float,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    log_tail: tuple[str, ...] = (),
) -> Observation:
    """An observation from any answer that arrived. Parts that cannot be read stay empty."""
    said = CaseInsensitiveDict(headers)
    payload = json_object(body)
    return Observation(
        connect_ms=round(connect_ms, 3),
        request_ms=round(request_ms, 3),
        status=status,
        error=None if status == 200 else _message(payload, body),
        environment_id=said.get(names.ENVIRONMENT_ID) or None,
        invocation=_integer(said.get(names.INVOCATION)),
        nonce=said.get(names.CONFIG_NONCE),
        backend=said.get(names.STORAGE_BACKEND),
        engine=said.get(names.ENGINE),
        bundle_hash=said.get(names.BUNDLE_HASH),
        weights=said.get(names.WEIGHTS),
        fetched_bytes=_integer(said.get(names.FETCHED_BYTES)),
        fetches=_integer(said.get(names.FETCHES)),
        request_id=said.get(names.REQUEST_ID),
        log_stream=said.get(names.LOG_STREAM),
        phases_ms=parse_server_timing(said.get(names.SERVER_TIMING, "")),
        cores_ms=parse_server_timing(said.get(names.SERVER_TIMING, ""), "core"),
        starts_ms=parse_server_timing(said.get(names.SERVER_TIMING, ""), "start"),
        results=_results(payload),
        warnings=_warnings(payload),
        initialization=said.get(names.INITIALIZATION),
        version=said.get(names.FUNCTION_VERSION),
        log_tail=log_tail,
    )


def parse_server_timing(header: str, wanted: str = "dur") -> dict[str, float]:
    """`name;dur=ms` entries of a Server-Timing header; entries without a possible duration are left out.

    `wanted` may name another parameter that is a time in ms: `core`, the core time, or `start`, when the phase began.
    """
    phases = {}
    for entry in header.split(","):
        name, *parameters = (part.strip() for part in entry.split(";"))
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip().lower() == wanted:
                try:
                    duration = float(value.strip('" '))
                except ValueError:
                    continue
                if 0 <= duration <= LONGEST_MS:
                    phases[name] = duration
    return phases


def _results(payload: Mapping[str, Any]) -> tuple[tuple[int, float], ...]:
    """Incident ids and similarities."""
    results = _inner(payload).get("results")
    try:
        found = tuple((int(item["incident_id"]), float(item["similarity"])) for item in results or ())
    except (KeyError, TypeError, ValueError, OverflowError):
        return ()
    return found if all(abs(similarity) <= MOST_SIMILAR for _, similarity in found) else ()


def _warnings(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """What the service warns of."""
    said = _inner(payload).get("warnings")
    return tuple(readable(each) for each in said[:_MOST_WARNINGS]) if isinstance(said, list) else ()


def _inner(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body in AIID's envelope, which may be an object or its JSON text."""
    inner = payload.get("body", payload)
    if isinstance(inner, str):
        inner = json_object(inner.encode("utf-8", "replace"))
    return inner if isinstance(inner, Mapping) else {}


def _message(payload: Mapping[str, Any], body: bytes) -> str:
    message = payload.get("message") or payload.get("errorMessage")
    return readable(message) if message else body[:200].decode("utf-8", "replace") or "no body"


def readable(said: object) -> str:
    """What a service said, as text that any file can hold, cut to a useful length."""
    return str(said)[:_LONGEST_MESSAGE].encode("utf-8", "replace").decode()


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; an empty one if the body is anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _integer(text: str | None) -> int | None:
    try:
        number = int(text) if text else None
    except ValueError:
        return None
    return number if number is not None and 0 <= number < 1 << 53 else None
