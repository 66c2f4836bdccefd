"""Writes report.md: the report for people, in the repository or on a page."""

from __future__ import annotations

from collections.abc import Iterable

from bench.process.printable import printable
from bench.report.answers import Agreement
from bench.report.method import method
from bench.report.on_aws import orders
from bench.report.recommendation import TITLE
from bench.report.repeating import about_again, command_again
from bench.report.report import Report
from bench.report.table import Table
from bench.report.tables import tables
from bench.text.escape import in_markdown


def markdown(report: Report) -> str:
    """The whole report."""
    verdicts = "\n".join(
        f"- **{in_markdown(about)}**: {in_markdown(verdict.sentence)}" for about, verdict in report.verdicts
    )
    parts = [
        "# Where should the model live? A measured comparison",
        f"## {TITLE}",
        bullets(report.advice.sentences),
        bullets(report.meta.notes),
        "## Verdicts",
        verdicts or bullets(["Only one storage was measured: there is nothing to compare."]),
        bullets(orders(report.on_aws) if report.on_aws else ()),
        *map(section, tables(report)),
        "## Same work?",
        _answers(report.answers),
        "## How it was measured",
        bullets(method(report.meta)),
        "## Do it again",
        *map(in_markdown, about_again(report.meta.session)),
        f"```sh\n{printable(command_again(report.meta.session, report.meta.axes))}\n```",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def section(table: Table) -> str:
    """A table with its heading and note."""
    return "\n\n".join(part for part in (f"## {table.title}", in_markdown(table.note), markdown_table(table)) if part)


def markdown_table(table: Table) -> str:
    """A Markdown table, first column left, the others right."""
    rule = "| " + " | ".join(["---", *["---:"] * (len(table.header) - 1)]) + " |"
    header, *rows = ("| " + " | ".join(map(in_markdown, line)) + " |" for line in (table.header, *table.rows))
    return "\n".join((header, rule, *rows))


def _answers(answers: Agreement) -> str:
    if answers.equal:
        return (
            f"Yes: {answers.answers} answers compared, {answers.ranking}, similarities within "
            f"{answers.max_delta:.1e}, bundle {in_markdown(', '.join(name[:16] for name in answers.bundles))}."
        )
    return "**No, or not shown:**\n\n" + bullets(answers.problems or ["no answer could be compared"])


def bullets(items: Iterable[str]) -> str:
    """A Markdown list of sentences."""
    return "\n".join(f"- {in_markdown(item)}" for item in items)
