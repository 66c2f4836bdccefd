"""Web pages in a real Chromium do not drive the lab."""

from __future__ import annotations

import pytest

from tests.conftest import Lab
from tests.lab.support.attacks import WAYS, attack, own_page_reaches
from tests.page.support.screen import CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")


def test_no_page_of_another_site_reaches_a_function_or_a_configuration(lab: Lab) -> None:
    outcome = attack(lab.outputs)
    assert outcome.sent == 16 * (len(WAYS) + 1)  # four pages, four addresses, and leaving the page
    assert outcome.reached == ()


def test_the_same_requests_from_the_labs_own_page_do(lab: Lab) -> None:
    assert own_page_reaches(lab.outputs) >= 3
