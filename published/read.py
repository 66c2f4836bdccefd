"""Reads the published figures of Lambda, by key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("figures.json")


@dataclass(frozen=True)
class Range:
    """A number and the least and the largest that its sources allow, in the unit of its figure."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Figure:
    """A published figure. `value`, `low` and `high` are numbers in `unit`, text where it is not one number, or None.

    `kind` says who found it: documented by AWS, measured by others, computed from data of others, or inferred.
    """

    key: str
    section: str
    name: str
    unit: str
    value: float | str | None
    low: float | None
    high: float | None
    condition: str
    source: str
    date: str
    kind: str
    confidence: str
    quote: str | None
    note: str | None

    @property
    def range(self) -> Range:
        """The figure as a number. Raises ValueError where it is not one."""
        if not isinstance(self.value, int | float):
            raise ValueError(f"the published figure {self.key} is not a number: {self.value!r}")
        low, high = (self.value if end is None else end for end in (self.low, self.high))
        return Range(float(self.value), float(low), float(high))


def collected() -> str:
    """The day until which figures were collected."""
    return str(_content()["collected"])


@cache
def figures() -> Mapping[str, Figure]:
    """All published figures by their keys."""
    return {each["key"]: Figure(**each) for each in _content()["figures"]}


def _content() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def figure(key: str) -> Figure:
    """The figure of that key. Raises KeyError for one that does not exist."""
    if key not in figures():
        raise KeyError(f"there is no published figure {key!r}; see published/figures.json")
    return figures()[key]


def number(key: str) -> Range:
    """The figure of that key as a number with its range."""
    return figure(key).range
