"""Writes prediction.md, prediction.html and prediction.json, and shows a prediction on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.report.figures.figure import Figure
from bench.report.on_aws import TITLE, orders, predicted_times, predicted_verdicts, rests_on
from bench.report.predicting import COLD_KINDS
from bench.report.prediction import PredictedRun
from bench.report.predictions.curves import Curves
from bench.report.predictions.figures import figures
from bench.report.predictions.tables import cheapest, over_memories, over_sizes, passed
from bench.report.table import Table
from bench.report.trust import warnings
from bench.report.views.markdown import bullets, section
from bench.report.views.page import Section, figure_in_html, list_in_html, page, table_in_html
from bench.report.views.terminal import print_table, print_warnings

MARKDOWN, PAGE = "prediction.md", "prediction.html"


@dataclass(frozen=True)
class Shown:
    """A prediction and the curves of each precision; `untrusted` says why the run's figures must not be used, if so."""

    prediction: PredictedRun
    curves: Sequence[Curves]
    objective_ms: float | None
    untrusted: Sequence[str]

    @property
    def notes(self) -> list[str]:
        """What must be known first."""
        return [*warnings(self.untrusted), rests_on(self.prediction.basis)]

    @property
    def sentences(self) -> list[str]:
        """The orders of the storages, and the answer to the objective."""
        asked = [] if self.objective_ms is None else [cheapest(each, self.objective_ms) for each in self.curves]
        return [*orders(self.prediction), *asked]

    @property
    def tables(self) -> list[Table]:
        """All tables."""
        found = (
            predicted_times(self.prediction),
            predicted_verdicts(self.prediction),
            *(over_sizes(each, kind) for each in self.curves for kind in COLD_KINDS),
            *(over_memories(each, self.objective_ms) for each in self.curves),
        )
        return [table for table in found if table]

    @property
    def limits(self) -> list[str]:
        """Where limits of Lambda are passed."""
        return [sentence for each in self.curves for sentence in passed(each)]

    @property
    def figures(self) -> list[Figure]:
        """All figures."""
        return [figure for each in self.curves for figure in figures(each)]


def print_prediction(shown: Shown, console: Console) -> None:
    """Print what must be known, the answers, and what they rest on."""
    print_warnings(shown.notes, console)
    for sentence in shown.sentences:
        console.print(sentence)
    for table in shown.tables:
        print_table(table, console)
    for sentence in shown.limits:
        console.print(sentence)


def prediction_markdown(shown: Shown) -> str:
    """prediction.md."""
    parts = [
        f"# {TITLE}", bullets(shown.notes), bullets(shown.sentences), *map(section, shown.tables),
        "## Limits of Lambda", bullets(shown.limits),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def prediction_html(shown: Shown) -> str:
    """prediction.html."""
    times, *others = shown.tables
    body: list[str | Section] = [
        list_in_html(shown.notes, "notes"),
        list_in_html(shown.sentences),
        table_in_html(times),
        Section("Figures", "".join(map(figure_in_html, shown.figures))),
        *map(table_in_html, others),
        Section("Limits of Lambda", list_in_html(shown.limits)),
    ]
    basis = shown.prediction.basis
    subtitle = f"predicted from the run of {basis.run_utc[:16].replace('T', ' ')} UTC {basis.place}"
    return page(f"{TITLE} {basis.run_utc[:10]}", TITLE, subtitle, body)


def files(shown: Shown, directory: Path) -> dict[Path, str]:
    """The page and its text, which belong into the folder of the run."""
    return {directory / MARKDOWN: prediction_markdown(shown), directory / PAGE: prediction_html(shown)}
