"""Checks numbers on the command line against their ranges (exit code 2 otherwise)."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

from bench.process.listed import whole

MOST = 1e9  # above what any option means: dollars, requests an hour, milliseconds, seconds

MOST_MARGIN = 1_000.0  # percent

#: A whole number, zero or above.
count = whole(0)


def positive(text: str) -> float:
    """A number above zero, at most MOST."""
    return _checked(text, lambda value: 0 < value <= MOST, f"a number above 0, at most {MOST:,.0f}")


def not_negative(text: str) -> float:
    """A number from zero to MOST."""
    return _checked(text, lambda value: 0 <= value <= MOST, f"a number from 0 to {MOST:,.0f}")


def proportion(text: str) -> float:
    """A number above zero, at most one."""
    return _checked(text, lambda value: 0 < value <= 1, "a share above 0, at most 1")


def margin(text: str) -> float:
    """How much slower is still good, as a ratio: `5%` or `1.05`."""
    if text.strip().endswith("%"):
        share = _checked(text.strip()[:-1], lambda value: 0 <= value <= MOST_MARGIN, f"0% to {MOST_MARGIN:,.0f}%")
        return 1 + share / 100
    what = "a change such as 5%, or the factor that it is, such as 1.05"
    return _checked(text, lambda value: 1 <= value <= 1 + MOST_MARGIN / 100, what)


def _checked(text: str, fits: Callable[[float], bool], what: str) -> float:
    try:
        value = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and fits(value)):
        raise argparse.ArgumentTypeError(f"must be {what}; got {text!r}")
    return value
