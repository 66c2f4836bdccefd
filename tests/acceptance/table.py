"""A row of an acceptance table, and the table: what was asked, what is required, what came out, is it met."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One measured line of an issue's "must show" table: what was asked, what is required, what came out."""

    what: str
    must: str
    measured: str
    met: bool


Measure = Callable[[], Iterable[Row]]
"""Measures one line of the table; it may give several rows, such as one per case."""


def show(measures: Iterable[Measure], console: Console) -> bool:
    """Take every measure, print its rows as they come, then the table; return whether all rows are met."""
    rows: list[Row] = []
    for measure in measures:
        for row in measure():
            console.print(
                f"{'met' if row.met else 'NOT MET'}: {row.what}: {row.measured}", markup=False, highlight=False
            )
            rows.append(row)
    table = Table("what", "must be", "is", "met")
    for row in rows:
        table.add_row(row.what, row.must, row.measured, "yes" if row.met else "NO")
    console.print(table)
    return bool(rows) and all(row.met for row in rows)
