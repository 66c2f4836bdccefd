"""Measures the row on pages: every page at every width, in light and dark; its screenshots are left to be looked at."""

from __future__ import annotations

import contextlib
import io
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser
from rich.console import Console

from contract.checkout import ROOT
from model.bundles import bundle, incidents
from tests.acceptance.table import Measure, Row
from tests.bench.support.pages import pages
from tests.page.support.axe import violations
from tests.page.support.screen import TITLES, Screen, chromium, opened
from tests.support.labs import running

WIDTHS = (320, 360, 414, 560, 768, 901, 1024, 1280)
AXE_AT = (320, 901, 1280)
SCREENSHOTS = ROOT / "build" / "screenshots"
TEXT = "A delivery robot ran over a dog"


def pages_of_the_benchmark() -> Iterator[Row]:
    """What report, predict, compare and choose write, of runs in virtual time."""
    with tempfile.TemporaryDirectory() as place, _browser() as browser, contextlib.redirect_stderr(io.StringIO()):
        for name, path in pages(Path(place)).items():
            yield _row(f"the page of {name}", _tried(browser, name, path.as_uri()))


def page_of_the_lab() -> Iterator[Row]:
    """The demo's page, before and after cold and warm answers of all storages."""
    with tempfile.TemporaryDirectory() as place, _browser() as browser:
        options = bundle.Options(bundle.LONGFORMER, "synthetic", incidents.SAMPLE, Path(place) / "tiny", tiny=True)
        bundle.build(options, Console(quiet=True))
        with running(options.out) as lab:
            yield _row("the demo's page", _tried(browser, "page", f"{lab.url}/", ask=True))


def _tried(browser: Browser, name: str, url: str, *, ask: bool = False) -> list[str]:
    """The faults of a page."""
    faults = []
    for dark in (False, True):
        with opened(browser, url, width=WIDTHS[0], dark=dark) as screen:
            if ask:
                _ask(screen)
            for width in WIDTHS:
                screen.page.set_viewport_size({"width": width, "height": 900})
                where = f"{width} {'dark' if dark else 'light'}"
                if overflow := screen.overflow():
                    faults.append(f"{where}: {overflow} pixels too wide")
                if width in AXE_AT:
                    faults += [f"{where}: {each}" for each in violations(screen)]
                    screen.page.screenshot(path=SCREENSHOTS / f"{name} {where}.png", full_page=True)
    return faults


def _ask(screen: Screen) -> None:
    screen.write(TEXT)
    for button in ("Cold start again", "Find similar"):
        screen.page.get_by_role("button", name=button, exact=True).click()
        for backend in TITLES:
            screen.wait(backend)


def _row(what: str, faults: list[str]) -> Row:
    tried = (
        f"{len(WIDTHS)} widths in light and dark, axe at {len(AXE_AT)}; screenshots in {SCREENSHOTS.relative_to(ROOT)}"
    )
    said = "; ".join(itertools.islice(faults, 3)) or "none"
    return Row(what, "no overflow from 320 px, axe clean", f"faults: {said} ({tried})", not faults)


@contextlib.contextmanager
def _browser() -> Iterator[Browser]:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with chromium() as found:
        yield found


MEASURES: list[Measure] = [pages_of_the_benchmark, page_of_the_lab]
