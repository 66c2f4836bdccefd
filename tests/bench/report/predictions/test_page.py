"""`predict` writes a page that needs nothing else, has words for every figure and never scrolls sideways."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from bench.report.on_aws import TITLE
from bench.runs.plan import Axes
from tests.bench.support.failing import command, failing, measured
from tests.page.support.screen import CHROMIUM, opened

FIGURES = 5


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    axes = Axes(("efs", "s3", "oci"), ("onnx", "transformers"), cold=3, warm=6)
    folder = measured(tmp_path_factory.mktemp("run"), axes=axes)
    code, printed = command("predict", folder, "--memory", "1024,3008", "--objective", "2500")
    assert code == 0
    assert "not a measurement" in " ".join(printed.split())
    return folder


def test_its_files_say_first_that_it_is_a_prediction(run: Path) -> None:
    for name in ("prediction.md", "prediction.html"):
        text = (run / name).read_text()
        assert text.index("not a measurement") < text.index("cold (new-sandbox)")
        assert "Cheapest that probably answers a cold start within 2500 ms" in text
        assert TITLE in text


def test_a_predicted_figure_is_never_called_measured(run: Path) -> None:
    for name in ("prediction.md", "prediction.html", "prediction.json"):
        words = (run / name).read_text().replace("not measured", "").replace("the spread of the measured work", "")
        assert "measured" not in words


def test_every_figure_has_words_and_unique_names(run: Path) -> None:
    text = (run / "prediction.html").read_text()
    assert text.count("<svg") == 2 * FIGURES
    identities = re.findall(r' id="([^"]+)"', text)
    assert len(identities) == len(set(identities))
    assert sum(name.endswith(("-t", "-d")) for name in identities) == 4 * FIGURES
    descriptions = re.findall(r"<desc[^>]*>([^<]*)</desc>", text)
    assert all(len(words) > 40 and "nan" not in words for words in descriptions)
    assert not re.search(r"<(script|img|iframe)|url\(|@import|href=\"http", text)


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_no_window_scrolls_sideways(run: Path, browser: Browser, width: int) -> None:
    with opened(browser, (run / "prediction.html").as_uri(), width=width) as screen:
        assert screen.overflow() == 0
        assert screen.page.locator("svg:visible").count() == FIGURES


def test_the_same_run_gives_the_same_files_byte_for_byte(run: Path) -> None:
    before = {path.name: path.read_bytes() for path in run.glob("prediction.*")}
    assert set(before) == {"prediction.json", "prediction.md", "prediction.html"}
    command("predict", run, "--memory", "1024,3008", "--objective", "2500")
    assert {path.name: path.read_bytes() for path in run.glob("prediction.*")} == before


def test_json_is_the_file_and_goes_where_it_is_wanted(run: Path, tmp_path: Path) -> None:
    code, printed = command("predict", run, "--out", tmp_path / "mine.json", "--json", "--bytes", "1000000")
    assert code == 0
    assert (tmp_path / "mine.json").read_text() == printed
    assert {item["case"]["bytes_read"] for item in json.loads(printed)["times"]} == {1_000_000}


@pytest.mark.parametrize(
    "options",
    [
        ("--memory", "64"), ("--memory", "10241"), ("--bytes", "0"), ("--bytes", "99999999999"),
        ("--seed", str(1 << 61)), ("--memory", "1024,1025,1026,1027", "--bytes", "1,2,3,4"),
    ],
)  # fmt: skip
def test_sizes_that_lambda_does_not_have_are_refused(run: Path, options: tuple[str, ...]) -> None:
    assert command("predict", run, *options)[0] == 2


def test_what_must_not_be_used_is_predicted_from_with_a_warning(tmp_path: Path) -> None:
    code, printed = command("predict", measured(tmp_path, failing("s3", 10)))
    assert code == 4
    assert "Do not use these figures" in printed
    assert command("predict", tmp_path / "nowhere")[0] == 2
