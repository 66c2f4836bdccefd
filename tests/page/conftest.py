"""Fixtures of the page's tests: the system's Chromium, and the lab's page in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.conftest import Lab
from tests.page.support.screen import CHROMIUM, Screen, chromium, opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. Playwright keeps an event loop running in this thread, which must not reach other modules' tests."""
    if CHROMIUM is None:
        pytest.skip("needs chromium")
    with chromium() as browser:
        yield browser


@pytest.fixture
def screen(browser: Browser, lab: Lab) -> Iterator[Screen]:
    """The lab's page on a desktop, in light; the test fails if the browser complained or contacted other hosts."""
    with opened(browser, f"{lab.url}/") as screen:
        yield screen
