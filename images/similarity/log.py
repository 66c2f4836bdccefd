"""Structured log lines on standard output, which Lambda keeps. They hold nothing that a caller sent."""

from __future__ import annotations

import json
import sys
import traceback


def error(step: str, problem: BaseException) -> None:
    """One JSON line for a failure that the service did not expect, with where it happened."""
    trace = traceback.format_exception(problem)
    line = {"level": "ERROR", "step": step, "error": type(problem).__name__, "trace": trace}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
