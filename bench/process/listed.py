"""Reads comma-separated lists of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any


def names(text: str) -> tuple[str, ...]:
    """A comma-separated list."""
    return _listed(text, str)


def numbers(text: str) -> tuple[int, ...]:
    """A comma-separated list of integers."""
    return _listed(text, int)


def _listed(text: str, kind: Callable[[str], Any]) -> tuple[Any, ...]:
    values = tuple(kind(part.strip()) for part in text.split(",") if part.strip())
    if not values:
        raise argparse.ArgumentTypeError("give at least one value")
    return values
