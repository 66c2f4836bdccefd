"""report.md: the summary for people, in the repository or on a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bench.report.tables import Table, method, tables


def markdown(summary: Mapping[str, Any]) -> str:
    """The whole report."""
    meta = summary["meta"]
    verdicts = [f"**{item['state']}**: {item['verdict']}" for item in summary["comparisons"]]
    parts = [
        "# Where should the model live? A measured comparison",
        _bullets(meta["notes"]),
        "## Verdicts",
        _bullets(verdicts or ["Only one storage was measured: there is nothing to compare."]),
        *map(_section, tables(summary)),
        "## Same work?",
        _answers(summary["answers"]),
        "## How it was measured",
        _bullets(method(meta)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(table: Table) -> str:
    return "\n\n".join(part for part in (f"## {table.title}", table.note, markdown_table(table)) if part)


def markdown_table(table: Table) -> str:
    """A Markdown table, first column left, the others right."""
    lines: list[Sequence[str]] = [table.header, ["---", *["---:"] * (len(table.header) - 1)], *table.rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _answers(answers: Mapping[str, Any]) -> str:
    if answers["equal"]:
        return (
            f"Yes: {answers['answers']} answers compared, same ranking, similarities within "
            f"{answers['max_delta']:.1e}, bundle `{answers['bundles'][0][:16]}`."
        )
    return "**No, or not shown:**\n\n" + _bullets(answers["problems"] or ["no answer could be compared"])


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)
