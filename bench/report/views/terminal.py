"""Prints a report on the terminal: what must be known first, then the same tables as everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from rich.console import Console
from rich.table import Table as Grid

from bench.process.say import Printer
from bench.report.answers import Agreement
from bench.report.on_aws import orders
from bench.report.report import Report
from bench.report.table import Table
from bench.report.tables import tables

_PLAIN_WIDTH = 160


def standard_output() -> Console:
    """A console on standard output; where that is not a terminal, wide enough for the tables."""
    console = Printer()
    return console if console.is_terminal else Printer(width=_PLAIN_WIDTH)


def print_report(report: Report, console: Console) -> None:
    """Print the recommendation, warnings, the latencies, the verdicts, and what they rest on."""
    for line in report.advice.sentences:
        console.print(line, style="bold")
    print_warnings(report.meta.notes, console)
    latency, *others = tables(report)
    print_table(latency, console)
    for about, verdict in report.verdicts:
        console.print(f"{about}: {verdict.sentence}")
    for sentence in orders(report.on_aws) if report.on_aws else ():
        console.print(sentence)
    for table in others:
        print_table(table, console)
    _print_answers(report.answers, console)


def print_warnings(notes: Iterable[str], console: Console) -> None:
    """Print what must be known before a figure is believed."""
    for note in notes:
        console.print(f"! {note}", style="yellow")


def print_table(table: Table, console: Console) -> None:
    """Print a table with its note under it: the first column left, figures right."""
    grid = Grid(title=table.title or None, title_justify="left", caption=table.note or None, caption_justify="left")
    for number, name in enumerate(table.header):
        justify: Literal["left", "right"] = "left" if number == 0 or table.prose else "right"
        grid.add_column(name, justify=justify, overflow="fold")  # a figure must not be cut off
    for row in table.rows:
        grid.add_row(*row)
    console.print(grid)


def _bundles(answers: Agreement) -> str:
    count = len(answers.bundles)
    return "one model bundle" if count == 1 else f"{count} model bundles"


def _print_answers(answers: Agreement, console: Console) -> None:
    if answers.equal:
        console.print(
            f"Answers: {answers.answers} compared, {answers.ranking}, "
            f"similarities within {answers.max_delta:.1e}, {_bundles(answers)}."
        )
