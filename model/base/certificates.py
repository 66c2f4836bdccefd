"""Refuses requests that would fail by certificates which a variable of the environment names."""

from __future__ import annotations

from contract.certificates import REQUESTS, unusable
from model.base.errors import BuildError


def check(url: str) -> None:
    """Raise BuildError, naming the variable, if requests could not ask `url`."""
    if why := unusable(url, REQUESTS):
        raise BuildError(why)
