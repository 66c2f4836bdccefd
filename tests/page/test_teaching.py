"""The page compares fairly: one backend after the other, cold again when wanted, with medians over all asks."""

from __future__ import annotations

import itertools
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Route, expect

from tests.conftest import Lab
from tests.page.support.screen import TITLES, Screen, opened
from tests.support.labs import read_outputs, started

TEXT = "A delivery robot ran over a dog"
# Keeps when each request to a backend began and ended, as the browser itself saw it.
_TIMES = """() => performance.getEntriesByType("resource").filter(({name}) => name.endsWith("/similar"))
    .map(({name, startTime, responseEnd}) => [name, startTime, responseEnd])"""


def asked(screen: Screen, *endings: str) -> list[str]:
    """The paths that were asked, in order."""
    return [path for url in screen.asked if (path := urlsplit(url).path).endswith(endings)]


def test_one_backend_is_asked_after_the_other(screen: Screen) -> None:
    first, *_, last = TITLES
    held: list[Route] = []
    screen.page.route(f"**/{first}/similar", lambda route: held.append(route))  # until the others have been looked at
    screen.write(TEXT)
    screen.find()
    expect(screen.card(last).locator(".said")).to_have_text("Waiting for its turn")
    held[0].continue_()
    for backend in TITLES:
        screen.wait(backend)
    times = screen.page.evaluate(_TIMES)
    assert [urlsplit(name).path for name, _, _ in times] == [f"/{backend}/similar" for backend in TITLES]
    for (_, _, end), (_, begin, _) in itertools.pairwise(times):
        assert begin >= end


def test_all_at_once_remains_a_choice_with_its_caveat(screen: Screen) -> None:
    caveat = screen.page.get_by_text("slow each other down")
    expect(caveat).to_be_hidden()
    screen.choose("All at once")
    expect(caveat).to_be_visible()
    screen.write(TEXT)
    screen.find()
    for backend in TITLES:
        screen.wait(backend)
    screen.choose("One after the other")
    expect(caveat).to_be_hidden()


def test_cold_start_again_makes_each_start_a_cold_one_and_medians_count_them(screen: Screen) -> None:
    screen.write(TEXT)
    screen.page.get_by_role("button", name="Cold start again", exact=True).click()
    for backend in TITLES:
        expect(screen.wait(backend).locator(".badge")).to_have_text("cold start")
    turns = [path for backend in TITLES for path in (f"/{backend}/cold-start", f"/{backend}/similar")]
    assert asked(screen, "/similar", "/cold-start") == turns
    card = screen.card("s3")
    expect(card.locator(".medians")).to_be_hidden()  # of one answer there is none
    card.get_by_role("button", name="Ask S3 again").click()
    expect(screen.wait("s3").locator(".badge")).to_have_text("warm")
    card.get_by_role("button", name="Cold start again of S3").click()
    expect(screen.wait("s3").locator(".badge")).to_have_text("cold start")
    told = re.compile(r"^Median: cold [\d,.]+ ms \(n = 2\), warm [\d,.]+ ms \(n = 1\)$")
    expect(card.locator(".medians")).to_have_text(told)


def test_another_text_begins_to_count_anew(screen: Screen) -> None:
    screen.choose("Image")
    for text, seen in ((TEXT, 0), (TEXT, 1), ("A chatbot gave bad advice", 0)):
        screen.write(text)
        screen.find()
        expect(screen.wait("oci").locator(".medians:visible")).to_have_count(seen)


def test_what_waits_for_its_turn_is_cancelled_too(screen: Screen) -> None:
    screen.page.route("**/efs/similar", lambda route: None)  # the request hangs
    screen.write(TEXT)
    screen.find()
    expect(screen.page.locator("#summary")).to_have_text("0 of 3 done.")
    screen.page.get_by_role("button", name="Cancel").click()
    for backend in TITLES:
        screen.wait(backend, "cancelled")
    expect(screen.page.locator("#summary")).to_have_text("No answer.")
    assert asked(screen, "/similar") == ["/efs/similar"]
    screen.page.unroute_all(behavior="ignoreErrors")


def test_a_deployment_that_cannot_force_a_cold_start_offers_none(browser: Browser, lab: Lab) -> None:
    with opened(browser, "about:blank") as screen:
        page = re.sub('<meta name="offer"[^>]*>', "", _get(screen, lab.url))
        screen.page.route(f"{lab.url}/", lambda route: route.fulfill(body=page, content_type="text/html"))
        screen.page.goto(f"{lab.url}/", wait_until="networkidle")
        screen.choose("Image")
        screen.write(TEXT)
        screen.find()
        screen.wait("oci")
        expect(screen.page.get_by_role("button", name="Cold start again")).to_have_count(0)
        expect(screen.page.locator("#report")).to_be_hidden()


def _get(screen: Screen, url: str) -> str:
    return screen.page.request.get(f"{url}/").text()


def test_the_newest_report_is_linked_and_shown(browser: Browser, tiny_bundle: Path, tmp_path: Path) -> None:
    for age, name in ((100, "older"), (0, "newer")):
        folder = tmp_path / "reports" / name
        folder.mkdir(parents=True)
        file = folder / "report.html"
        file.write_text(f"<title>{name}</title><p>the {name} one<script>document.title = 'ran'</script>")
        stamp = file.stat().st_mtime - age
        os.utime(file, (stamp, stamp))
    options = ("--json", "--backends", "oci", "--reports", str(tmp_path / "reports"))
    with started(tiny_bundle, tmp_path, *options) as process:
        url = read_outputs(process)["pageUrl"]
        with opened(browser, url) as screen:
            screen.page.get_by_role("link", name="newest report").click()
            expect(screen.page.get_by_text("the newer one")).to_be_visible()
            assert screen.page.title() == "newer", "its script did not run"
            screen.complaints[:] = [each for each in screen.complaints if "script" not in each.lower()]
