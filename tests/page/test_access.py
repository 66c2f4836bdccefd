"""Everybody can use the page: by keyboard, by screen reader, on a phone, in light and dark, enlarged."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.conftest import Lab
from tests.page.support.axe import violations
from tests.page.support.screen import PHONE, TITLES, Screen, opened

TEXT = "A delivery robot ran over a dog"
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 3


def ask(screen: Screen) -> None:
    screen.write(TEXT)
    screen.find()
    for backend in TITLES:
        screen.wait(backend)


def focused(screen: Screen) -> str:
    """A screen reader's name for the focused element."""
    return str(
        screen.page.evaluate(
            """() => {
                const element = document.activeElement;
                const text = element.labels?.length ? element.labels[0].textContent : element.textContent;
                return `${element.type || element.tagName.toLowerCase()}: ${text.trim()}`;
            }"""
        )
    )


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_before_and_after_a_question(browser: Browser, lab: Lab, dark: bool, width: int) -> None:
    with opened(browser, f"{lab.url}/", width=width, dark=dark) as screen:
        assert violations(screen) == []
        screen.page.get_by_text("How to read the times").click()
        screen.page.route("**/efs/similar", lambda route: route.fulfill(status=503, body='{"message": "Gone"}'))
        screen.find()  # with an empty text: the complaint must be readable, too
        screen.write(TEXT)
        assert violations(screen) == []
        screen.find()
        screen.wait("efs", "failed")
        for backend in ("s3", "oci"):
            screen.wait(backend)
        assert violations(screen) == []


def test_axe_would_find_something(screen: Screen) -> None:
    screen.page.evaluate("document.querySelector('label.title').remove()")
    assert any("label" in each for each in violations(screen))


def test_the_keyboard_alone_asks_and_reads(screen: Screen) -> None:
    keyboard = screen.page.keyboard
    order = []
    for _ in range(13):
        keyboard.press("Tab")
        order.append(focused(screen))
        if order[-1] == "submit: Find similar":
            break
    chips = ["Self-driving car", "Face recognition", "Chatbot advice", "Hiring", "Cloned voice"]
    assert order == [
        "a: AI Incident Database",
        "textarea: What happened?",
        *(f"button: {chip}" for chip in chips),
        "radio: One after the other",
        "number: Results",
        "submit: Find similar",
    ]
    for _ in range(2):
        keyboard.press("Shift+Tab")
    for _ in range(2):
        keyboard.press("ArrowRight")  # from "One after the other" over "All at once" to EFS
    for _ in chips:
        keyboard.press("Shift+Tab")
    keyboard.press("Space")
    assert "AI" not in focused(screen)
    keyboard.press("Shift+Tab")
    keyboard.press("Control+Enter")
    card = screen.wait("efs")
    expect(screen.page.get_by_role("article")).to_have_count(1)
    expect(screen.page.get_by_label("What happened?")).to_be_focused()
    card.get_by_role("button", name="Ask EFS again").focus()
    keyboard.press("Enter")
    expect(card.locator(".earlier")).to_be_visible()
    screen.wait("efs")


def test_focus_is_always_visible(screen: Screen) -> None:
    ask(screen)
    stops = 0
    screen.page.get_by_role("link", name="AI Incident Database").focus()
    while stops < 60:
        screen.page.keyboard.press("Tab")
        outline = screen.page.evaluate(
            """() => {
                const element = document.activeElement;
                if (element === document.body) return null;
                const seen = element.type === "radio" ? element.nextElementSibling : element;
                const style = getComputedStyle(seen);
                return style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth);
            }"""
        )
        if outline is None:
            break
        stops += 1
        assert outline >= 2, focused(screen)
    link = screen.page.locator("#report a").is_visible()  # where somebody has run the benchmark in this folder
    assert stops == 10 + 3 * 7 + 2 + link  # the form, three cards of five links and two buttons, and the part below


def test_headings_make_an_outline(screen: Screen) -> None:
    ask(screen)
    outline = [
        (heading.evaluate("element => element.tagName"), heading.inner_text())
        for heading in screen.page.get_by_role("heading").all()
    ]
    cards = [[("H3", name), ("H4", "Where the time went"), ("H4", "Nearest incidents")] for name in TITLES.values()]
    assert outline == [("H1", "Similar incidents"), ("H2", "Answers"), *(line for card in cards for line in card)]


def test_a_screen_reader_hears_of_every_answer(screen: Screen) -> None:
    ask(screen)
    said = screen.log()
    assert "Asking EFS, S3, Image." in said
    for backend, title in TITLES.items():
        first = screen.card(backend).locator(".result-title").first.inner_text()
        assert f"{title} answered in" in said
        assert f"First: {first}." in said
    rows = screen.card("s3").get_by_role("row")
    assert "what you waited" in (rows.nth(1).text_content() or "")
    expect(screen.card("s3").get_by_role("columnheader")).to_have_count(3)


def cut_off(screen: Screen) -> list[str]:
    """The choices that lie beyond the frame around them."""
    return list(
        screen.page.evaluate(
            """() => [...document.querySelectorAll(".segment")].filter((choice) => {
                const frame = choice.parentElement.getBoundingClientRect(), box = choice.getBoundingClientRect();
                return box.right > frame.right + 1 || box.bottom > frame.bottom + 1 || box.left < frame.left - 1;
            }).map((choice) => choice.textContent.trim())"""
        )
    )


@pytest.mark.parametrize("width", [320, 360, 414, 768])
def test_a_narrow_window_never_scrolls_sideways(browser: Browser, lab: Lab, width: int) -> None:
    def answer(route: Route) -> None:
        result = {"title": LONG, "url": f"https://example.org/{LONG}", "incident_id": 10**9, "similarity": 0.5}
        headers = {"X-Environment-Id": LONG.encode("ascii", "ignore").decode(), "X-Invocation": "9" * 20}
        headers["Server-Timing"] = "handler;dur=1234567;start=0, averyveryverylongphasename;dur=123456;start=1"
        body = {"body": {"warnings": [LONG], "results": [result] * 3}}
        route.fulfill(status=200, body=json.dumps(body), headers=headers)

    with opened(browser, f"{lab.url}/", width=width) as screen:
        assert screen.overflow() == 0
        assert cut_off(screen) == []
        ask(screen)
        assert screen.overflow() == 0
        screen.page.route("**/efs/similar", answer)
        refused = json.dumps({"message": LONG})
        screen.page.route("**/s3/similar", lambda route: route.fulfill(status=500, body=refused))
        screen.find()
        screen.wait("s3", "failed")
        screen.wait("efs")
        assert screen.overflow() == 0


def test_what_a_finger_must_hit_is_large_enough(browser: Browser, lab: Lab) -> None:
    with opened(browser, f"{lab.url}/", **PHONE) as screen:
        ask(screen)
        for control in screen.page.locator("button:visible, input:visible, textarea").all():
            box = control.bounding_box()
            assert box
            assert min(box["width"], box["height"]) >= 24, control.inner_text()  # WCAG 2.2, 2.5.8


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_follows_the_systems_colours(browser: Browser, lab: Lab, dark: bool) -> None:
    with opened(browser, f"{lab.url}/", dark=dark) as screen:
        paper = screen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        red, green, blue = (int(part) for part in paper.removeprefix("rgb(").removesuffix(")").split(","))
        assert (red + green + blue < 3 * 64) is dark
