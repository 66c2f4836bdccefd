"""Writes the answer of a command as a page: what must be known, the answer, its tables, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.report.figures.figure import Figure
from bench.report.table import Table
from bench.report.views.page import Section, bare_table, figure_in_html, list_in_html, page, table_in_html


@dataclass(frozen=True)
class Answer:
    """What a command found, in words and tables; the first table belongs to the answer itself.

    `about` says of what, `notes` what must be known first, `assumed` what the answer rests on.
    """

    heading: str
    about: str
    notes: Sequence[str]
    sentences: Sequence[str]
    tables: Sequence[Table]
    figures: Sequence[Figure] = field(default=())
    assumed: Sequence[str] = field(default=())


def answer_html(answer: Answer) -> str:
    """The whole page."""
    first, *others = answer.tables
    said = list_in_html(answer.sentences, "advice") if answer.sentences else ""
    body: list[str | Section] = [
        list_in_html(answer.notes, "notes") if answer.notes else "",
        Section("Answer", said + bare_table(first)),
        *([Section("Figures", "".join(map(figure_in_html, answer.figures)))] if answer.figures else []),
        *map(table_in_html, others),
        *([Section("What it rests on", list_in_html(answer.assumed))] if answer.assumed else []),
    ]
    return page(answer.heading, answer.heading, answer.about, body)
