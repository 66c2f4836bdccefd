"""The page over the real lab: type, choose, read results; cold then warm, with phases from the function's clock."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import expect

from tests.conftest import Lab
from tests.images.similarity.test_over_http import force_cold
from tests.page.support.screen import TITLES, Screen

TEXT = "A delivery robot ran over a dog"


def test_all_backends_answer_in_turn_with_what_the_api_finds(screen: Screen, lab: Lab) -> None:
    screen.write(TEXT)
    screen.page.get_by_label("Results").fill("4")
    screen.find()
    for backend in TITLES:
        truth = requests.post(f"{lab.url}/{backend}/similar", json={"text": TEXT, "num": 4}, timeout=60).json()
        items = screen.wait(backend).get_by_role("list").last.get_by_role("listitem")
        expect(items).to_have_count(4)
        for item, wanted in zip(items.all(), truth["body"]["results"], strict=True):
            link = item.get_by_role("link")
            assert (link.inner_text(), link.get_attribute("href")) == (wanted["title"], wanted["url"])
            assert f"incident {wanted['incident_id']}" in item.inner_text()
            assert f"{wanted['similarity']:.4f}" in item.inner_text()
            assert item.locator("time").get_attribute("datetime") == wanted["date"]
    expect(screen.page.locator("#summary")).to_have_text(
        re.compile("^All 3 answered. They found the same incidents in the same order.")
    )


@pytest.mark.parametrize("backend", TITLES)
def test_one_backend_alone_is_asked_when_it_is_chosen(screen: Screen, backend: str) -> None:
    screen.choose(TITLES[backend])
    screen.write(TEXT)
    screen.find()
    screen.wait(backend)
    expect(screen.page.get_by_role("article")).to_have_count(1)
    assert [urlsplit(url).path for url in screen.asked if url.endswith("/similar")] == [f"/{backend}/similar"]


def test_opening_the_page_asks_nothing_that_loads_a_model(screen: Screen) -> None:
    assert sorted(urlsplit(url).path for url in screen.asked) == ["/", "/efs/health", "/oci/health", "/s3/health"]


def test_cold_then_warm_is_told_apart(screen: Screen, lab: Lab) -> None:
    force_cold(lab, "s3")
    screen.choose("S3")
    screen.write(TEXT)
    screen.find()
    cold = screen.wait("s3")
    expect(cold.locator(".badge")).to_have_text("cold start")
    expect(cold.locator(".said")).to_have_text(re.compile(r"^New environment [0-9a-f]{8}, \d+\skB read$"))
    environment = cold.locator(".said").inner_text().split()[2].rstrip(",")
    phases = cold.get_by_role("rowheader").all_inner_texts()
    assert {"runtime starts", "initialisation", "fetch weights", "import libraries", "encode text"} <= set(phases)
    waited = cold.locator(".wait").inner_text()

    cold.get_by_role("button", name="Ask S3 again").click()
    warm = screen.wait("s3")
    expect(warm.locator(".badge")).to_have_text("warm")
    expect(warm.locator(".said")).to_have_text(f"Environment {environment}, request 2")
    expect(warm.locator(".earlier")).to_have_text(f"Before, same text: {waited} cold")
    assert "initialisation" not in warm.get_by_role("rowheader").all_inner_texts()
    assert "S3 answered in" in screen.log()
    assert "cold start" in screen.log()


def test_phases_are_drawn_where_they_lay_and_not_one_after_the_other(screen: Screen, lab: Lab) -> None:
    force_cold(lab, "efs")
    screen.choose("EFS")
    screen.write(TEXT)
    with screen.page.expect_response(lambda response: response.url.endswith("/efs/similar")) as waited:
        screen.find()
    card = screen.wait("efs")
    said = re.findall(r"(\w+);dur=([\d.]+);start=([\d.]+)", waited.value.headers["server-timing"])
    boxes = {bar.get_attribute("data-phase"): bar.bounding_box() for bar in card.locator(".bar").all()}
    whole = boxes["whole"]
    assert whole
    total = float(re.sub(r"\D", "", card.locator(".wait").inner_text()))
    drawn = [(name, float(dur), float(start)) for name, dur, start in said if float(dur) >= 0.05]
    assert {"boot", "init", "fetch", "import", "load", "handler", "encode"} <= {name for name, _, _ in drawn}
    for name, dur, start in drawn:
        box = boxes[name]
        assert box
        assert (box["x"] - whole["x"]) / whole["width"] == pytest.approx(start / total, abs=0.03), name
        assert box["width"] / whole["width"] == pytest.approx(dur / total, abs=0.03), name
    assert boxes["residual"]
    assert (
        card.locator("tr").filter(has_text="what you waited").locator(".figure").inner_text().replace(",", "")
        == f"{total:.0f}"
    )


def test_an_example_is_put_in_and_asked(screen: Screen) -> None:
    screen.page.get_by_role("button", name="Face recognition").click()
    assert "shoplifter" in screen.page.get_by_label("What happened?").input_value()
    screen.choose("Image")
    screen.find()
    screen.wait("oci")
    assert "Example put in: Face recognition." in screen.log()


def test_synthetic_weights_are_said_plainly_before_and_beside_the_results(screen: Screen) -> None:
    expect(screen.page.get_by_role("note")).to_contain_text("Synthetic weights.")
    screen.write(TEXT)
    screen.find()
    for backend in TITLES:
        expect(screen.wait(backend)).to_contain_text("Synthetic weights: this order means nothing.")


def test_the_page_says_what_it_is_talking_to(screen: Screen, lab: Lab) -> None:
    facts = screen.page.locator("#facts")
    expect(facts).to_contain_text(f"bundle {lab.outputs['bundleHash'][:8]}")
    expect(facts).to_contain_text("EFS, S3, Image: ")
    expect(facts).to_contain_text("precision fp32, 60 incidents")


def test_a_text_too_long_for_the_model_is_answered_with_a_warning(screen: Screen) -> None:
    screen.choose("Image")
    screen.write("robot " * 6_000)
    screen.find()
    expect(screen.wait("oci").locator(".warnings")).to_contain_text("the rest was left out")


@pytest.mark.parametrize("text", ["", "   \n "])
def test_an_empty_text_is_told_what_to_do_and_asks_nobody(screen: Screen, text: str) -> None:
    screen.write(text)
    screen.find()
    field = screen.page.get_by_label("What happened?")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(screen.page.locator("#text-error")).to_have_text("Write what happened, or choose an example.")
    assert not [url for url in screen.asked if "similar" in url]
    screen.write(TEXT)
    screen.choose("Image")
    screen.find()
    screen.wait("oci")
    expect(screen.page.locator("#text-error")).to_be_hidden()


@pytest.mark.parametrize("num", ["0", "51", "2.5", ""])
def test_a_number_of_results_that_is_none_is_told_which_are(screen: Screen, num: str) -> None:
    screen.write(TEXT)
    screen.page.get_by_label("Results").fill(num)
    screen.find()
    expect(screen.page.get_by_label("Results")).to_be_focused()
    expect(screen.page.locator("#num-error")).to_have_text("Ask for 1 to 50 results.")
