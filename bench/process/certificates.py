"""Refuses a run whose requests would all fail by certificates that a variable of the environment names."""

from __future__ import annotations

from collections.abc import Sequence

from bench.process.errors import UsageError
from contract.certificates import unusable


def check(url: str, variables: Sequence[str]) -> None:
    """Raise UsageError, naming the variable, if a client that reads `variables` could not ask `url`."""
    if why := unusable(url, variables):
        raise UsageError(why)
