"""Fixtures that several folders share: a tiny bundle, and a lab that serves it from the three storages."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.support.dealing import Dealer, order
from tests.support.labs import Lab, running
from tests.support.tiny import make_tiny_bundle

# A shell starts its background jobs with SIGINT ignored, and children inherit that: tests that press Ctrl-C would hang.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine takes longer than hypothesis' 200 ms for an example now and then, which says nothing about the code.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

# PyTorch's threads wait by spinning, which costs three times the work where other tests take the cores. It reads this
# when it is imported, after this.
os.environ["OMP_NUM_THREADS"] = "1"

# Collecting imports all tests and their libraries, a million objects that stay: looking for garbage among them, now or
# after every test, finds none and takes time.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Dealer:
    return Dealer(config, log)


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A two-layer synthetic bundle with the sample incidents. Shared: do not change its files."""
    return make_tiny_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="session")
def lab(tiny_bundle: Path) -> Iterator[Lab]:
    """The lab on the tiny bundle, with every backend."""
    with running(tiny_bundle) as lab:
        yield lab
