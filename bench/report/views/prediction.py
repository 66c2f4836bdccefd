"""Writes prediction.md, prediction.html and prediction.json, and shows a prediction on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

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
    """A prediction with its curves; `untrusted` says why the run's figures must not be used, if so."""

    prediction: PredictedRun
    curves: Curves
    objective_ms: float | None
    untrusted: Sequence[str]

    @property
    def notes(self) -> list[str]:
        """What must be known first."""
        return [*warnings(self.untrusted), rests_on(self.prediction.basis)]

    @property
    def sentences(self) -> list[str]:
        """The orders of the storages, and the answer to the objective."""
        asked = [] if self.objective_ms is None else [cheapest(self.curves, self.objective_ms)]
        return [*orders(self.prediction), *asked]

    @property
    def tables(self) -> list[Table]:
        """All tables."""
        found = (
            predicted_times(self.prediction),
            predicted_verdicts(self.prediction),
            *(over_sizes(self.curves, kind) for kind in COLD_KINDS),
            over_memories(self.curves, self.objective_ms),
        )
        return [table for table in found if table]


def print_prediction(shown: Shown, console: Console) -> None:
    """Print what must be known, the answers, and what they rest on."""
    print_warnings(shown.notes, console)
    for sentence in shown.sentences:
        console.print(sentence)
    for table in shown.tables:
        print_table(table, console)
    for sentence in passed(shown.curves):
        console.print(sentence)


def prediction_markdown(shown: Shown) -> str:
    """prediction.md."""
    parts = [
        f"# {TITLE}", bullets(shown.notes), bullets(shown.sentences), *map(section, shown.tables),
        "## Limits of Lambda", bullets(passed(shown.curves)),
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def prediction_html(shown: Shown) -> str:
    """prediction.html."""
    times, *others = shown.tables
    body: list[str | Section] = [
        list_in_html(shown.notes, "notes"),
        list_in_html(shown.sentences),
        table_in_html(times),
        Section("Figures", "".join(map(figure_in_html, figures(shown.curves)))),
        *map(table_in_html, others),
        Section("Limits of Lambda", list_in_html(passed(shown.curves))),
    ]
    basis = shown.prediction.basis
    subtitle = f"predicted from the run of {basis.run_utc[:16].replace('T', ' ')} UTC {basis.place}"
    return page(f"{TITLE} {basis.run_utc[:10]}", TITLE, subtitle, body)


def files(shown: Shown, directory: Path) -> dict[Path, str]:
    """The page and its text, which belong into the folder of the run."""
    return {directory / MARKDOWN: prediction_markdown(shown), directory / PAGE: prediction_html(shown)}
