"""Whose incidents these are: AIID's with its link and examples, others by their title, and none that nobody named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Lab
from tests.page.support.screen import Screen, opened


def collection(page: Page, says: dict[str, Any], status: int = 200) -> None:
    """Load the page anew, with functions that say this of themselves."""
    body = json.dumps({"body": says, "message": "not well"})
    page.route("**/health", lambda route: route.fulfill(status=status, body=body))
    page.reload(wait_until="networkidle")


def test_aiid_has_its_link_and_its_examples(screen: Screen) -> None:
    link = screen.page.locator("#collection").get_by_role("link", name="AI Incident Database")
    assert link.get_attribute("href") == "https://incidentdatabase.ai"
    expect(screen.page.get_by_role("button", name="Self-driving car")).to_be_visible()
    expect(screen.page).to_have_title("Similar incidents: AI Incident Database")


@pytest.mark.parametrize(
    ("says", "status", "shown", "title"),
    [
        ({"title": "Our tickets"}, 200, "collection “Our tickets”", "Similar incidents: Our tickets"),
        ({}, 200, "collection that is served here", "Similar incidents"),
        ({"title": None}, 200, "collection that is served here", "Similar incidents"),
        ({"title": {"a": 1}}, 200, "collection that is served here", "Similar incidents"),
        ({"title": "Our tickets"}, 503, "collection that is served here", "Similar incidents"),
    ],
)
def test_others_are_named_and_get_neither(
    browser: Browser, lab: Lab, says: dict[str, Any], status: int, shown: str, title: str
) -> None:
    with opened(browser, f"{lab.url}/") as screen:
        collection(screen.page, says, status)
        expect(screen.page.locator("#collection")).to_have_text(shown)
        expect(screen.page).to_have_title(title)
        expect(screen.page.locator(".examples")).to_be_hidden()
        assert "AI Incident Database" not in screen.page.locator("main").inner_text()
