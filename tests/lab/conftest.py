"""Fixtures of the lab's own tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.accounts import Served, serve, witness


@pytest.fixture(scope="module")
def account() -> Iterator[Served]:
    """An account with the obedient function, for a whole test module."""
    with serve(witness()) as served:
        yield served
