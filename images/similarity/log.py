"""Structured log lines on standard output, which Lambda keeps. They hold nothing that a caller sent."""

from __future__ import annotations

import json
import sys
import traceback

LONGEST = 500  # characters of an error's own words; some carry whole answers of a server


def error(step: str, problem: BaseException) -> None:
    """One JSON line for a failure, with what the cause said of itself and where it happened."""
    trace = traceback.format_tb(problem.__traceback__)
    said = str(problem)[:LONGEST]
    line = {"level": "ERROR", "step": step, "error": type(problem).__name__, "said": said, "trace": trace}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
