"""Runs what `confined` runs in processes of their own in this one, where a test is not about its limits.

Each build starts two such processes, which take a second to import their libraries.
"""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from model.checkpoints import confined


def run(module: str, memory: int, *arguments: str) -> Any:
    """Stands in for `confined.run`, with the same answers and errors, but without limits."""
    try:
        return importlib.import_module(module).answer(*arguments)
    except Exception as error:
        raise confined.Failed(f"cannot be read: {type(error).__name__}: {error}") from None


@pytest.fixture(scope="module")
def in_process() -> Any:
    """The stand-in, for all tests of a module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(confined, "run", run)
        yield
