"""Writes the command that makes a run again, from what the run recorded of its plan and its deployment."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import MISSING, fields

from bench.runs.facts import recorded_revision
from bench.runs.plan import Axes
from bench.runs.records import Session

_PROGRAM = (".venv/bin/python", "bench/run.py", "run")
_OPTIONS = {"memories": "--memory", "idle_s": "--idle", "precisions": "--precision"}
"""The options whose names are not those of their fields."""
_SOURCES = ("stack", "outputs", "cache", "bundle", "shape")
_PATHS = ("outputs", "bundle")


def command_again(session: Session, made: Axes) -> str:
    """The command line; what the defaults say is left out.

    `made` are the rounds that were made in the end: more than planned where `--more` was asked for. A run that went on
    until it knew enough is asked to do so again.
    """
    axes = session.axes if session.axes.until_resolved else made
    words = [*_PROGRAM]
    for name in _SOURCES:
        if name in session.source and (name, session.source[name]) != ("cache", "cold"):
            words += [f"--{name}", session.source[name]]
    for field in fields(Axes):
        value = getattr(axes, field.name)
        if field.default is MISSING or value != field.default:
            words += _option(field.name, value)
    return shlex.join(words)


def about_again(session: Session) -> Iterator[str]:
    """What must be known to use it."""
    revision = recorded_revision(session.facts)
    where = f" at revision {revision}" if revision else ""
    yield f"The same plan, in the folder of this project{where}:"
    if any(name in session.source for name in _PATHS):
        yield "The path in it is relative to the folder of this run: write it from where you are."


def _option(name: str, value: object) -> list[str]:
    option = _OPTIONS.get(name, f"--{name.replace('_', '-')}")
    if value is True:
        return [option]
    if isinstance(value, tuple):
        return [option, ",".join(map(_word, value))]
    return [option, _word(value)]


def _word(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
