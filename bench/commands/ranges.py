"""Checks numbers on the command line against their ranges (exit code 2 otherwise)."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable


def positive(text: str) -> float:
    """A finite number above zero."""
    return _checked(text, lambda value: value > 0, "a number above 0")


def not_negative(text: str) -> float:
    """A finite number, zero or above."""
    return _checked(text, lambda value: value >= 0, "a number, 0 or above")


def proportion(text: str) -> float:
    """A number above zero, at most one."""
    return _checked(text, lambda value: 0 < value <= 1, "a share above 0, at most 1")


def count(text: str) -> int:
    """A whole number, zero or above."""
    if not (text.strip().isascii() and text.strip().isdecimal()):
        raise argparse.ArgumentTypeError(f"must be a whole number, 0 or above; got {text!r}")
    return int(text)


def _checked(text: str, fits: Callable[[float], bool], what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and fits(value)):
        raise argparse.ArgumentTypeError(f"must be {what}; got {text!r}")
    return value
