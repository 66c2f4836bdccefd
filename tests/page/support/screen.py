"""A page in Chromium as a person has it, with a record of everything that went wrong in it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import playwright
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect, sync_playwright

from contract.storages import USUAL

# The first has nothing of a window, and takes half the processor time of the second.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
NODE = str(Path(playwright.__file__).parent / "driver" / "node")  # Playwright brings one along
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
DESKTOP = {"width": 1180, "height": 900}
PHONE = {"width": 360, "height": 740}
TITLES = {each.name: each.label[:1].upper() + each.label[1:] for each in USUAL.values()}
ANSWER_MS = 30_000  # how long a test waits for an answer, and for whatever shows it: its neighbours take the cores, too
expect.set_options(timeout=ANSWER_MS)
# Chromium's own message when an answer is not 2xx; the page cannot prevent it.
FAILED_ANSWER = re.compile(r"Failed to load resource: (the server responded with a status of|net::ERR_FAILED)")
_WATCH_POLICY = """
addEventListener("securitypolicyviolation", (event) => console.error("CSP", event.violatedDirective, event.blockedURI));
"""


@dataclass
class Screen:
    """The page, its requests, and the browser's complaints."""

    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def card(self, backend: str) -> Locator:
        return self.page.get_by_role("article", name=TITLES[backend], exact=True)

    def write(self, text: str) -> None:
        self.page.get_by_label("What happened?").fill(text)

    def choose(self, name: str) -> None:
        self.page.get_by_role("radio", name=name, exact=True).check()

    def find(self) -> None:
        self.page.get_by_role("button", name="Find similar").click()

    def wait(self, backend: str, state: str = "answered") -> Locator:
        """The card of a backend, once it has reached a state."""
        expect(self.card(backend)).to_have_class(f"card {state}")
        return self.card(backend)

    def log(self) -> str:
        """The messages for a screen reader."""
        return self.page.get_by_role("log").inner_text()

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@contextmanager
def chromium(*more_flags: str) -> Iterator[Browser]:
    """The system's Chromium, without a window. Playwright keeps an event loop running in this thread until the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *more_flags])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: Browser, url: str, *, width: int = 1180, height: int = 900, dark: bool = False, settle: bool = True
) -> Iterator[Screen]:
    """The page at a URL in a browser context of its own; it waits for health, unless it need not settle."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        has_touch=width < 500,
        is_mobile=width < 500,
        reduced_motion="reduce",
    )
    context.add_init_script(_WATCH_POLICY)
    page = context.new_page()
    screen = Screen(page)

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not FAILED_ANSWER.match(message.text):
            screen.complaints.append(f"{message.type}: {message.text}")

    def ask(request: Request) -> None:
        screen.asked.append(request.url)

    page.on("console", note)
    page.on("pageerror", lambda error: screen.complaints.append(f"uncaught: {error}"))
    page.on("request", ask)
    try:
        page.goto(url, wait_until="networkidle" if settle else "load")
        if settle:  # the last answer has come, but on a busy machine the page may not have read it
            expect(page.locator("[aria-busy=true]")).to_have_count(0)
        yield screen
        assert screen.complaints == []
        assert len({urlsplit(each).netloc for each in screen.asked} - {""}) <= 1, f"not one host alone: {screen.asked}"
    finally:
        context.close()
