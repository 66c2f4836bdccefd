"""The errors that the benchmark reports, each with its exit code."""

from __future__ import annotations

EXIT_OK = 0
EXIT_NOT_MET = 1
EXIT_USAGE = 2
EXIT_TARGET = 3
EXIT_UNSOUND = 4
EXIT_STORAGE = 5
EXIT_FAULT = 70
EXIT_INTERRUPTED = 130
EXIT_CUT_OFF = 141

EXIT_CODES = {
    EXIT_OK: "measured (or derived) completely, and every variant can be trusted",
    EXIT_NOT_MET: "choose: no backend is shown to meet the objective; compare: slower than --fail-above allows, not "
    "shown to be within --require-within, or outside what was predicted; doctor: something would spoil a run",
    EXIT_USAGE: "the command line or a file given on it makes no sense",
    EXIT_TARGET: "the target could not be started, reached or driven",
    EXIT_UNSOUND: "finished, but do not use the figures: the plan is incomplete, too many requests failed or were "
    "invalid, or the answers differ",
    EXIT_STORAGE: "the results could not be written (disk full?)",
    EXIT_FAULT: "a fault of the benchmark itself",
    EXIT_INTERRUPTED: "interrupted; what was measured is kept and reported",
    EXIT_CUT_OFF: "whoever read the output stopped reading",
}


class BenchError(Exception):
    """A failure that the user can do something about; the message says what."""

    exit_code = EXIT_TARGET


class UsageError(BenchError):
    """The options or files given do not fit together."""

    exit_code = EXIT_USAGE


class TargetError(BenchError):
    """The deployment under test does not do what the benchmark needs."""


class UnsoundError(BenchError):
    """Nothing in the run can be reported as a measurement."""

    exit_code = EXIT_UNSOUND


class StorageError(BenchError):
    """The results file could not be written or read."""

    exit_code = EXIT_STORAGE
