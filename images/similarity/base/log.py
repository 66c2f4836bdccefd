"""Structured log lines on standard output, which Lambda keeps. They hold nothing that a caller sent."""

from __future__ import annotations

import json
import sys
import traceback
from dataclasses import dataclass
from typing import Any

LONGEST = 500  # characters of an error's own words; some carry whole answers of a server


@dataclass(frozen=True)
class Access:
    """One request as the log keeps it: `route` is one of ours or empty, `problem` our words for a 5xx, times in ms."""

    request_id: str
    backend: str
    serves: str
    route: str
    status: int
    cold: bool
    invocation: int
    tokens: int | None
    problem: str | None
    phases: dict[str, float]


def access(line: Access) -> None:
    """One JSON line a request."""
    _write({"level": "INFO", "event": "request", **vars(line)})


def error(step: str, problem: BaseException) -> None:
    """One JSON line for a failure of our own parts, with what the cause said of itself and where it happened."""
    _write({"level": "ERROR", "step": step, **_of(problem), "said": str(problem)[:LONGEST]})


def fault(request_id: str, problem: BaseException) -> None:
    """One JSON line for an error that no request should cause. Without its words: they may be the caller's."""
    _write({"level": "ERROR", "step": "answer", "request_id": request_id, **_of(problem)})


def _of(problem: BaseException) -> dict[str, Any]:
    return {"error": type(problem).__name__, "trace": traceback.format_tb(problem.__traceback__)}


def _write(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
