"""Every page that the benchmark writes fits any screen, can be used by everybody, and needs nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.bench.support.pages import pages
from tests.page.support.axe import violations
from tests.page.support.screen import CHROMIUM, Screen, opened

NAMES = ("report", "predict", "compare", "choose", "load")
INSIDE_CHARTS = "svg"  # acceptance looks into them, too: that takes half a minute
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return pages(tmp_path_factory.mktemp("pages"))


def hidden_cells(screen: Screen) -> int:
    """How many cells of tables begin or end beyond the window."""
    return int(
        screen.page.evaluate(
            """() => [...document.querySelectorAll("tbody :is(th, td)")].filter((cell) => {
                const {left, right} = cell.getBoundingClientRect();
                return left < 0 || right > document.documentElement.clientWidth + 1;
            }).length"""
        )
    )


def test_all_pages_are_tried(made: dict[str, Path]) -> None:
    assert tuple(made) == NAMES
    assert all(path.is_file() for path in made.values())


@needs_chromium
@pytest.mark.parametrize("name", NAMES)
def test_it_fits_and_axe_finds_nothing(made: dict[str, Path], browser: Browser, name: str) -> None:
    """In light on the narrowest phone, in dark on a desktop; acceptance tries the widths between in both."""
    with opened(browser, made[name].as_uri(), width=320) as screen:
        assert (screen.overflow(), hidden_cells(screen)) == (0, 0)
        assert violations(screen, INSIDE_CHARTS) == []
        screen.page.set_viewport_size({"width": 860, "height": 900})
        assert (screen.overflow(), hidden_cells(screen)) == (0, 0)
        screen.page.emulate_media(color_scheme="dark")
        screen.page.set_viewport_size({"width": 1280, "height": 900})
        assert screen.overflow() == 0
        assert violations(screen, INSIDE_CHARTS) == []


@needs_chromium
def test_a_card_names_the_column_of_each_cell(made: dict[str, Path], browser: Browser) -> None:
    with opened(browser, made["report"].as_uri(), width=320) as screen:
        card = screen.page.locator("table.cards").first.locator("tbody tr").first
        names = card.locator("td").evaluate_all(
            "cells => cells.map((cell) => getComputedStyle(cell, '::before').content)"
        )
        heads = screen.page.locator("table.cards").first.locator("thead th").all_text_contents()
        assert names == [f'"{head}"' for head in heads[1:]]


@pytest.mark.parametrize("name", NAMES)
def test_the_contents_lead_to_every_section(made: dict[str, Path], name: str) -> None:
    text = made[name].read_text()
    headings = re.findall(r'<h2 id="([^"]+)">([^<]+)</h2>', text)
    links = re.findall(r'<li><a href="#([^"]+)">([^<]+)</a></li>', text)
    assert links == (headings if len(headings) > 1 else [])
    identities = re.findall(r' id="([^"]+)"', text)
    assert len(identities) == len(set(identities))
    assert text.count("<h2") == len(headings)
    assert not re.search(r"<(script|img|iframe)|url\(|@import|(href|src)=\"(?!#|data:)", text)
