"""Writes structured log lines to standard output, which Lambda keeps; they hold nothing that a caller sent."""

from __future__ import annotations

import json
import sys
import traceback
from dataclasses import dataclass
from typing import Any

LONGEST = 500  # characters of an error's own text; some contain a server's whole answer


@dataclass(frozen=True)
class Access:
    """One request in the log: `route` is one of ours or empty, `problem` is our text for a 5xx, times in ms.

    `restored` is whether the environment is a copy of a snapshot.
    """

    request_id: str
    backend: str
    serves: str
    route: str
    status: int
    cold: bool
    restored: bool
    invocation: int
    tokens: int | None
    problem: str | None
    phases: dict[str, float]


def access(line: Access) -> None:
    """Write one JSON line for a request."""
    _write({"level": "INFO", "event": "request", **vars(line)})


def error(step: str, problem: BaseException) -> None:
    """Write one JSON line for a failure of our own parts, with the cause's own text and its place."""
    _write({"level": "ERROR", "step": step, **_of(problem), "said": str(problem)[:LONGEST]})


def fault(request_id: str, problem: BaseException) -> None:
    """Write one JSON line for an error that no request should cause, without its text, which may be the caller's."""
    _write({"level": "ERROR", "step": "answer", "request_id": request_id, **_of(problem)})


def _of(problem: BaseException) -> dict[str, Any]:
    return {"error": type(problem).__name__, "trace": traceback.format_tb(problem.__traceback__)}


def _write(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
