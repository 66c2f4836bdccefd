"""report.html is self-contained and has words for every figure; how it looks is tested in views/test_pages.py."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from bench.charts.scale import scale_for
from bench.cost.prices import read_prices
from bench.deployments.outputs import parse_outputs
from bench.measure.session import carry_out
from bench.report.figures import FIGURES
from bench.report.views.write import derive
from bench.runs.plan import Axes, build_plan
from bench.runs.records import Session
from bench.runs.store import RESULTS, Recorder
from tests.bench.support.failing import MACHINE
from tests.bench.support.simulator import Account, SimulatedTarget, Truth, VirtualTime, outputs


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with every figure: three storages, two engines, bursts, censored and failed samples, costs."""
    directory = tmp_path_factory.mktemp("page")
    axes = Axes(("efs", "s3", "oci"), ("onnx", "transformers"), cold=12, warm=60, bursts=(1, 2, 4), first_deploy=1)
    truth = Truth(
        cold=lambda backend, engine, rng: {"efs": 3000, "s3": 1500, "oci": 2100}[backend] * rng.lognormvariate(0, 0.2),
        warm=lambda backend, engine, rng: {"onnx": 40, "transformers": 1200}[engine] * rng.lognormvariate(0, 0.1),
        fault=lambda backend, state, number: (
            "times-out" if (backend, state, number % 9) == ("efs", "cold", 4) else None
        ),
    )
    target = SimulatedTarget(Account(truth), VirtualTime())
    recorded = parse_outputs(outputs("http://localhost", None, target.account)).recorded()
    header = Session(
        1, "2026-01-01T00:00:00+00:00", axes, recorded, target.describe(), MACHINE, read_prices().recorded()
    )
    with Recorder(directory / RESULTS) as recorder:
        carry_out(build_plan(axes), target, header, recorder, target.virtual.clock)
    derive(directory)
    return directory / "report.html"


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags:
            self.texts.setdefault(self.tags[-1][0], []).append(data)


def test_the_page_needs_nothing_from_elsewhere(page: Path) -> None:
    text = page.read_text()
    seen = Seen()
    seen.feed(text)
    assert not {tag for tag, _ in seen.tags} & {"script", "img", "iframe", "object"}
    links = [str(attributes[name]) for _, attributes in seen.tags for name in ("href", "src") if name in attributes]
    assert [link for link in links if not link.startswith("#")] == ["data:,"]
    assert "url(" not in text
    assert "@import" not in text


def test_every_figure_has_words_and_unique_names(page: Path) -> None:
    seen = Seen()
    seen.feed(page.read_text())
    figures = [attributes for tag, attributes in seen.tags if tag == "svg"]
    assert len(figures) == 2 * len(FIGURES)  # at two widths; this run has data for all of them
    identities = [attributes["id"] for _, attributes in seen.tags if "id" in attributes]
    assert len(identities) == len(set(identities))
    for attributes in figures:
        assert attributes["role"] == "img"
        assert set(str(attributes["aria-labelledby"]).split()) <= set(identities)
    assert all(len(words) > 40 for words in seen.texts["desc"])
    assert "nan" not in " ".join(seen.texts["desc"])


def test_verdicts_come_first_and_notes_are_there(page: Path) -> None:
    text = page.read_text()
    assert text.index(">Verdicts</h2>") < text.index("<svg")
    assert "not AWS figures" in text
    assert "synthetic" in text


@pytest.mark.parametrize("values", [[5.0], [0.0, 1.0], [1.0, 1000.0], [3.0, 3.0], [float("inf")]])
def test_axes_have_ticks_for_any_values(values: list[float]) -> None:
    scale = scale_for(values, 0, 100)
    assert len(scale.ticks()) >= 2
    assert all(0 <= scale(tick) <= 100 for tick in scale.ticks())
