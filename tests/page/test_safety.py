"""Nothing that a server sends becomes markup or code, and nothing leaves the deployment."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect

from tests.conftest import Lab
from tests.page.support.screen import Screen, opened

TEXT = "A delivery robot ran over a dog"
HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>&lt;b&gt;"\'\u202e\u0000'
URLS = [
    "javascript:window.hacked=1",
    " JaVaScRiPt:window.hacked=1",
    "data:text/html,<script>window.hacked=1</script>",
    "vbscript:x",
    "blob:https://example.org/x",
    "file:///etc/passwd",
    "//example.org/no-scheme",
    "/relative",
    "",
    None,
    7,
]

# Things that no script of ours does, and their results.
MARKUP = "() => { try { document.body.innerHTML = '<b>x</b>'; return 'done'; } catch (error) { return error.name; } }"
STYLE = "() => { document.body.setAttribute('style', 'opacity: 0'); return getComputedStyle(document.body).opacity; }"
REACH = "() => fetch('http://127.0.0.2:1/').then(() => 'done', () => 'blocked')"


def answer_with(page: Page, *results: dict[str, Any], warnings: tuple[str, ...] = ()) -> None:
    """Let every backend answer with these results."""
    headers = {"X-Environment-Id": "<b>bold</b>", "Server-Timing": "<b>;dur=1;start=0", "X-Invocation": "1"}
    body = json.dumps({"body": {"warnings": warnings, "results": results}})
    page.route("**/similar", lambda route: route.fulfill(status=200, body=body, headers=headers))


def ask(screen: Screen) -> None:
    screen.write(TEXT)
    screen.find()
    screen.wait("s3")


def test_markup_in_data_is_shown_as_the_text_it_is(screen: Screen) -> None:
    answer_with(
        screen.page, {"title": HOSTILE, "date": HOSTILE, "incident_id": HOSTILE, "url": None}, warnings=(HOSTILE,)
    )
    ask(screen)
    card = screen.card("s3")
    for part in (".result-title", ".results time", ".warnings li"):
        assert HOSTILE[:60] in (card.locator(part).text_content() or "")
    assert card.locator("img, script, b").count() == 0
    assert screen.page.get_by_role("log").locator("img, script, b").count() == 0
    assert screen.page.evaluate("window.hacked") is None


def test_markup_in_an_error_is_shown_as_the_text_it_is(screen: Screen) -> None:
    body = json.dumps({"message": HOSTILE})
    screen.page.route("**/similar", lambda route: route.fulfill(status=500, body=body))
    screen.write(TEXT)
    screen.find()
    expect(screen.wait("s3", "failed").locator(".said")).to_contain_text('<img src=x onerror="window.hacked=1">')
    assert screen.page.evaluate("window.hacked") is None


def test_markup_in_health_is_shown_as_the_text_it_is(browser: Browser, lab: Lab) -> None:
    said = ("model", "weights", "engine", "bundle_hash", "title")
    says = {"body": dict.fromkeys(said, HOSTILE)}
    with opened(browser, f"{lab.url}/") as screen:
        screen.page.route("**/health", lambda route: route.fulfill(status=200, body=json.dumps(says)))
        screen.page.reload(wait_until="networkidle")
        expect(screen.page.locator("#facts")).to_contain_text("<script>")
        expect(screen.page.locator("#collection")).to_contain_text("<script>")
        assert screen.page.locator("#facts > *, #collection > *").count() == 0
        assert screen.page.evaluate("window.hacked") is None


def test_only_full_web_addresses_become_links(screen: Screen) -> None:
    answer_with(screen.page, *({"title": f"Title {number}", "url": url} for number, url in enumerate(URLS)))
    ask(screen)
    expect(screen.card("s3").locator(".result-title")).to_have_text([f"Title {number}" for number in range(len(URLS))])
    assert screen.card("s3").get_by_role("link").count() == 0


def test_links_of_results_tell_the_other_side_nothing(screen: Screen) -> None:
    answer_with(screen.page, {"title": "A title", "url": "https://example.org/a?b=c", "incident_id": 1})
    ask(screen)
    link = screen.card("s3").get_by_role("link", name="A title")
    assert link.get_attribute("href") == "https://example.org/a?b=c"
    assert link.get_attribute("rel") == "noopener noreferrer"


def test_the_policy_holds_in_the_browser(browser: Browser, lab: Lab) -> None:
    with opened(browser, f"{lab.url}/") as screen:
        assert screen.page.evaluate(MARKUP) == "TypeError"
        assert screen.page.evaluate(STYLE) == "1"
        assert screen.page.evaluate(REACH) == "blocked"
        words = " ".join(screen.complaints)
        assert [name for name in ("TrustedHTML", "style-src", "connect-src") if name not in words] == []
        screen.complaints.clear()  # this test provoked them
        screen.asked.clear()


def test_the_text_goes_to_the_backends_and_into_no_address(screen: Screen) -> None:
    ask(screen)
    assert {urlsplit(url).query for url in screen.asked} == {""}
    assert "robot" not in screen.page.url
