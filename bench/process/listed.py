"""Reads numbers, times and comma-separated lists of the command line; what they refuse ends with exit code 2."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

MOST_WHOLE = 1 << 53  # every whole number up to this survives JSON
MOST_LISTED = 100

_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(s|m|h|)", re.ASCII)
_UNITS_S = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_WHOLE = re.compile(r"[0-9]{1,16}", re.ASCII)

T = TypeVar("T")


def whole(low: int, high: int = MOST_WHOLE, unit: str = "") -> Callable[[str], int]:
    """A reader of whole numbers between two."""
    span = f"{low:,} or above" if high == MOST_WHOLE else f"{low:,} to {high:,}"

    def read(text: str) -> int:
        value = int(text) if _WHOLE.fullmatch(text.strip()) else low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"must be a whole number{unit}, {span}; got {text!r}")
        return value

    return read


def duration(text: str) -> float:
    """A time in seconds above zero: `90`, `90s`, `5m` or `1h`."""
    found = _DURATION.fullmatch(text.strip())
    seconds = float(found[1]) * _UNITS_S[found[2]] if found else 0.0
    if not seconds:
        raise argparse.ArgumentTypeError(f"must be a time above 0, such as 90, 5m or 1h; got {text!r}")
    return seconds


def some_of(known: Sequence[str], what: str) -> Callable[[str], tuple[str, ...]]:
    """A reader of comma-separated names, each one of those known."""

    def name(text: str) -> str:
        return one_of(known, text, what)

    return listed(name)


def one_of(known: Sequence[str], text: str, what: str) -> str:
    """A name that is known. Raises ArgumentTypeError that lists those that are, the likeliest first."""
    if text not in known:
        raise argparse.ArgumentTypeError(f"unknown {what} {text!r}{meant(text, known)}; known are {', '.join(known)}")
    return text


def meant(text: str, known: Sequence[str]) -> str:
    """` (did you mean plan?)` where a known name is like the text; else nothing."""
    like = difflib.get_close_matches(text[:100], known, n=1, cutoff=0.5)
    return f" (did you mean {like[0]}?)" if like else ""


def listed(read: Callable[[str], T]) -> Callable[[str], tuple[T, ...]]:
    """A reader of comma-separated values, at least one, each once."""

    def read_all(text: str) -> tuple[T, ...]:
        values = tuple(read(part.strip()) for part in text.split(",") if part.strip())
        if not values:
            raise argparse.ArgumentTypeError("give at least one value")
        if len(values) > MOST_LISTED:
            raise argparse.ArgumentTypeError(f"at most {MOST_LISTED} values, not {len(values):,}")
        if repeated := next((value for value in values if values.count(value) > 1), None):
            raise argparse.ArgumentTypeError(f"{repeated} is named more than once")
        return values

    return read_all


#: Comma-separated whole numbers above zero.
numbers = listed(whole(1))
#: Comma-separated times in seconds.
durations = listed(duration)
