"""A second model beside the first: offered if the address names it, asked on its own routes, shown under its name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.conftest import Lab
from tests.page.support.screen import Screen, opened
from tests.support.labs import read_outputs, started

TEXT = "A delivery robot ran over a dog"
NOBODY = "No backend serves this model here."


@pytest.fixture(scope="module")
def url(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page of a lab with two models, both on one backend."""
    options = ("--json", "--backends", "oci", "--model", f"second={tiny_bundle}")
    with started(tiny_bundle, tmp_path_factory.mktemp("models"), *options) as process:
        yield read_outputs(process)["pageUrl"]


def ask(screen: Screen) -> set[str]:
    """Ask, and give the paths that were asked so far."""
    screen.write(TEXT)
    screen.find()
    screen.wait("oci")
    return {urlsplit(url).path for url in screen.asked}


def test_the_model_in_the_address_is_asked_and_the_first_one_can_be(browser: Browser, url: str) -> None:
    with opened(browser, f"{url}?model=second") as screen:
        group = screen.page.get_by_role("group", name="Model", exact=True)
        expect(group.get_by_role("radio", name="second")).to_be_checked()
        assert ask(screen) == {"/", "/second/oci/health", "/second/oci/similar"}
        first = screen.card("oci").locator(".said").inner_text()
        screen.asked.clear()
        group.get_by_role("radio", name="Main").check()
        screen.page.wait_for_load_state("networkidle")
        assert ask(screen) == {"/oci/health", "/oci/similar"}
        assert screen.card("oci").locator(".said").inner_text() != first, "another environment"
        expect(screen.card("oci").locator(".earlier")).to_be_hidden()  # it was the other model's


def test_without_a_name_in_the_address_there_is_no_choice(browser: Browser, url: str) -> None:
    with opened(browser, url) as screen:
        expect(screen.page.get_by_role("group", name="Model", exact=True)).to_be_hidden()
        expect(screen.page.get_by_role("radio")).to_have_count(1)
        expect(screen.page.get_by_role("radio", name="Image")).to_be_checked()
        assert ask(screen) == {"/", "/oci/health", "/oci/similar"}


def test_a_model_that_is_not_there_is_said_and_not_asked(browser: Browser, url: str) -> None:
    with opened(browser, f"{url}?model=third") as screen:
        expect(screen.page.locator("#summary")).to_have_text(NOBODY)
        screen.write(TEXT)
        screen.find()
        assert NOBODY in screen.log()
        assert {urlsplit(url).path for url in screen.asked} == {"/", "/third/oci/health"}


@pytest.mark.parametrize("name", ["../x", "<b>", "Minilm", "a" * 17, "s3?x", ""])
def test_a_model_by_an_impossible_name_is_not_asked(browser: Browser, lab: Lab, name: str) -> None:
    with opened(browser, f"{lab.url}/?model={quote(name, safe='')}") as screen:
        expect(screen.page.locator("#unknown-model")).to_be_visible(visible=bool(name))
        expect(screen.page.get_by_role("group", name="Model", exact=True)).to_be_hidden()
        assert {urlsplit(url).path for url in screen.asked} == {"/", "/efs/health", "/s3/health", "/oci/health"}
