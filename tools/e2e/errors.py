"""The errors of a run, each with its exit code."""

from __future__ import annotations

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_REFUSED = 2
EXIT_LEFT = 3

EXIT_CODES = {
    EXIT_OK: "every step did what it must, and nothing is left",
    EXIT_FAILED: "a step failed or was interrupted; the stack was destroyed and nothing is left",
    EXIT_REFUSED: "nothing was started: not confirmed, the stack holds something, or this folder is not ready",
    EXIT_LEFT: "something is left that costs money: it is listed",
}


class E2eError(Exception):
    """A step did not show what it must; the message says what was seen."""


class RefusedError(Exception):
    """The run must not start; the message says why."""
