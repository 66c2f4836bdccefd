"""A backend that fails, hangs or answers nonsense shows that on its own card and spoils no other."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.conftest import Lab
from tests.lab.support.outages import down, held
from tests.page.support.screen import TITLES, Screen, opened

TEXT = "A delivery robot ran over a dog"
SIMILAR = "**/s3/similar"


def ask(screen: Screen) -> None:
    screen.write(TEXT)
    screen.find()


def warm_up(screen: Screen) -> None:
    """Let all backends answer, so that the others are quick while one hangs; its function gives up after some 12 s."""
    ask(screen)
    for backend in TITLES:
        screen.wait(backend)


def test_one_backend_down_says_why_and_the_others_answer(browser: Browser, lab: Lab) -> None:
    with down(lab.outputs, "oci"), opened(browser, f"{lab.url}/") as screen:
        expect(screen.page.locator("#summary")).to_have_text(
            re.compile("Image is not well .*it can be asked all the same")
        )
        ask(screen)
        failed = screen.wait("oci", "failed")
        expect(failed.locator(".said")).to_have_text(
            re.compile("^503: model file .* is missing; repair the store; the next request tries again.$")
        )
        expect(failed.get_by_role("listitem")).to_have_count(0)
        for backend in ("efs", "s3"):
            expect(screen.wait(backend).locator(".results li")).to_have_count(5)
        expect(screen.page.locator("#summary")).to_have_text(re.compile("^2 of 3 answered."))
        assert "Image: 503" in screen.log()


def test_a_backend_that_is_well_again_answers_when_asked_again(browser: Browser, lab: Lab) -> None:
    with opened(browser, f"{lab.url}/") as screen:
        with down(lab.outputs, "oci"):
            ask(screen)
            screen.wait("oci", "failed")
            results = screen.wait("efs").locator(".results").inner_text()
        screen.card("oci").get_by_role("button", name="Ask Image again").click()
        expect(screen.wait("oci").locator(".results li")).to_have_count(5)
        assert screen.card("efs").locator(".results").inner_text() == results
        expect(screen.page.locator("#summary")).to_have_text(re.compile("^All 3 answered."))


def test_a_slow_backend_holds_up_no_other_and_can_be_cancelled(browser: Browser, lab: Lab) -> None:
    with opened(browser, f"{lab.url}/") as screen:
        warm_up(screen)
        screen.choose("All at once")
        with held(lab.outputs):
            ask(screen)
            for backend in ("efs", "oci"):
                screen.wait(backend)
            slow = screen.card("s3")
            expect(slow).to_have_class("card pending")
            expect(slow).to_have_attribute("aria-busy", "true")
            expect(screen.page.locator("#summary")).to_have_text("2 of 3 done.")
            cancel = screen.page.get_by_role("button", name="Cancel")
            cancel.focus()
            screen.page.keyboard.press("Enter")
            screen.wait("s3", "cancelled")
            expect(slow).not_to_have_attribute("aria-busy", "true")
            expect(cancel).to_be_hidden()
            expect(screen.page.get_by_role("button", name="Find similar")).to_be_focused()
            expect(screen.page.locator("#summary")).to_have_text(re.compile("^2 of 3 answered."))


def test_a_new_question_takes_the_place_of_one_that_hangs(browser: Browser, lab: Lab) -> None:
    with opened(browser, f"{lab.url}/") as screen:
        warm_up(screen)
        with held(lab.outputs):
            ask(screen)
            screen.wait("efs")
            expect(screen.card("s3")).to_have_class("card pending")
            screen.choose("EFS")
            ask(screen)
            screen.wait("efs")
            expect(screen.page.get_by_role("article")).to_have_count(1)
        expect(screen.page.locator("#summary")).to_have_text("Answered.")


def test_a_backend_that_never_answers_is_given_up_with_words(browser: Browser, lab: Lab) -> None:
    with opened(browser, f"{lab.url}/") as screen:
        screen.page.clock.install()
        screen.page.route(SIMILAR, lambda route: None)  # the request hangs
        ask(screen)
        screen.wait("efs")
        screen.page.clock.fast_forward(34_000)
        expect(screen.card("s3")).to_have_class("card pending")
        screen.page.clock.fast_forward(2_000)
        said = screen.wait("s3", "failed").locator(".said")
        expect(said).to_have_text("No answer within 35 s. A function that was loading its model goes on: ask again.")
        screen.page.unroute_all(behavior="ignoreErrors")


def test_no_connection_is_said(browser: Browser, lab: Lab) -> None:
    with opened(browser, f"{lab.url}/") as screen:
        screen.page.route(SIMILAR, lambda route: route.abort())
        ask(screen)
        expect(screen.wait("s3", "failed").locator(".said")).to_have_text("No connection to the service.")
        screen.wait("efs")


def fulfil(status: int, body: Any, **headers: str) -> Any:
    def answer(route: Route) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        route.fulfill(status=status, body=text, headers={"Content-Type": "application/json", **named})

    return answer


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (503, {"message": "Service Unavailable"}, "503: Service Unavailable. A function that was loading"),
        (500, {"message": "Internal Server Error"}, "500: Internal Server Error. The function's log says why."),
        (429, {"message": "Too Many Requests"}, "429: Too Many Requests. Too many requests at once: wait a moment."),
        (403, {"message": "Forbidden"}, "403: Forbidden. This deployment wants credentials"),
        (502, "<html>bad gateway</html>", "502: no reason given."),
        (400, {"message": {"not": "text"}}, "400: no reason given."),
        (200, "no JSON", "The answer is not a JSON object."),
        (200, "[]", "The answer is not a JSON object."),
        (200, "null", "The answer is not a JSON object."),
    ],
)
def test_whatever_else_comes_back_is_said_in_words(
    browser: Browser, lab: Lab, status: int, body: Any, words: str
) -> None:
    with opened(browser, f"{lab.url}/") as screen:
        screen.page.route(SIMILAR, fulfil(status, body))
        screen.choose("S3")
        ask(screen)
        expect(screen.wait("s3", "failed").locator(".said")).to_contain_text(words)
        expect(screen.page.locator("#summary")).to_have_text("No answer.")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"body": None},
        {"body": {"results": None, "warnings": None}},
        {
            "body": {
                "results": [None, 1, "x", {}, {"title": {"a": 1}, "similarity": "x", "date": 7}],
                "warnings": [1, None],
            }
        },
    ],
)
def test_an_answer_that_lacks_what_it_should_have_breaks_nothing(browser: Browser, lab: Lab, body: Any) -> None:
    headers = {"Server_Timing": "nonsense;;=,dur", "X_Invocation": "many", "X_Fetched_Bytes": "lots"}
    with opened(browser, f"{lab.url}/") as screen:
        screen.page.route(SIMILAR, fulfil(200, body, **headers))
        ask(screen)
        said = screen.wait("s3").locator(".said")
        expect(said).to_have_text("The answer does not say which environment it came from.")
        expect(screen.card("s3").locator(".badge")).to_be_hidden()
        screen.wait("efs")


def test_a_failure_of_the_function_still_shows_its_times(browser: Browser, lab: Lab) -> None:
    with down(lab.outputs, "efs"), opened(browser, f"{lab.url}/") as screen:
        screen.choose("EFS")
        ask(screen)
        card = screen.wait("efs", "failed")
        expect(card.locator(".badge")).to_have_text("cold start")
        expect(card.get_by_role("rowheader", name="initialisation")).to_be_visible()


def test_a_backend_that_is_not_deployed_is_not_offered(browser: Browser, lab: Lab) -> None:
    with opened(browser, "about:blank") as screen:
        screen.page.route("**/oci/health", fulfil(404, {"message": "Not Found"}))
        screen.page.goto(f"{lab.url}/", wait_until="networkidle")
        expect(screen.page.get_by_role("radio", name="Image")).to_have_count(0)
        ask(screen)
        for backend in ("efs", "s3"):
            screen.wait(backend)
        expect(screen.page.get_by_role("article")).to_have_count(2)
