"""Checks numbers on the command line against their ranges (exit code 2 otherwise)."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable

from bench.process.listed import whole

MOST = 1e9  # above what any option means: dollars, requests an hour, milliseconds, seconds

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


def _checked(text: str, fits: Callable[[float], bool], what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and fits(value)):
        raise argparse.ArgumentTypeError(f"must be {what}; got {text!r}")
    return value
