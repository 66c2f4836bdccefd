"""The records of a source, one by one, and the checks that each field must pass."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

import numpy as np

WHOLE = re.compile(r"\s*(\d{1,19})(?:\.0*)?\s*", re.ASCII)
# Control characters, and those that turn the writing direction (a title could look like another one).
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class BadRow(ValueError):
    """The row cannot be used; the text says why."""


@dataclass(frozen=True)
class Incident:
    """An incident and the numbers of its reports; title, date (ISO, or empty) and url are shown with a match."""

    incident_id: int
    title: str
    date: str
    url: str
    reports: tuple[int, ...]


@dataclass(frozen=True)
class Report:
    """One report; its `text` is what is embedded."""

    number: int
    text: str


@dataclass(frozen=True)
class Mean:
    """A vector that was computed elsewhere: float32[hidden], the mean of the vectors of `count` reports."""

    incident_id: int
    count: int
    vector: np.ndarray


@dataclass(frozen=True)
class Skip:
    """Something left out of the index: `place` says where it is, `reason` why."""

    place: str
    reason: str


Record = Incident | Report | Mean | Skip


def number(value: object, name: str) -> int:
    """A non-negative integer that fits into int64, also if a table's software wrote 12 as "12" or 12.0."""
    found = WHOLE.fullmatch(str(value)) if type(value) in (int, float, str) else None
    if not found or int(found[1]) >= 2**63:
        raise BadRow(f"{name} {str(value)[:40]!r} is not a whole number of 0 or more")
    return int(found[1])


def numbers(listed: str) -> tuple[int, ...]:
    """A JSON list of report numbers, as mongoexport writes it, in its order."""
    try:
        values = json.loads(listed)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, list):
        raise BadRow(f"reports {listed[:40]!r} is not a JSON list of report numbers")
    return tuple(number(value, "report number") for value in values)


def vector(listed: str, width: int) -> np.ndarray:
    """float32[width] of a JSON list of finite numbers."""
    try:
        values = json.loads(listed)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, list) or not all(type(value) in (int, float) for value in values):
        raise BadRow("mean is not a JSON list of numbers")
    if len(values) != width:
        raise BadRow(f"mean has {len(values)} numbers, the model's vectors have {width}")
    try:
        with np.errstate(over="ignore"):
            found = np.array(values, np.float64).astype(np.float32)
    except OverflowError:  # an integer with hundreds of digits
        found = np.full(width, np.inf, np.float32)
    if not np.isfinite(found).all():
        raise BadRow("mean holds a value that is not a finite float32")
    return found


def words(fields: Mapping[str, object], name: str) -> str:
    """A field to show, as plain characters without surrounding blanks; empty if it is missing."""
    return UNSEEN.sub("", text(fields, name)).strip()


def text(fields: Mapping[str, object], name: str) -> str:
    """A text unchanged; empty if it is missing."""
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRow(f"{name} is not text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadRow(f"{name} holds a lone surrogate, which is not a Unicode character") from None
    return value


def day(fields: Mapping[str, object]) -> str:
    """The field `date` to show: an ISO date without its time, anything else unchanged; empty if missing."""
    shown = words(fields, "date")
    with suppress(ValueError):
        return date.fromisoformat(shown[:10]).isoformat()
    return shown[:40]
