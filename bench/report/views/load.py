"""Writes load.json and load.md, and shows the figures of a load."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path

from bench.process.say import say
from bench.report.load import LoadReport, load_report, load_table
from bench.report.views.markdown import bullets, markdown_table
from bench.report.views.write import write
from bench.runs.loads import LoadHeader, read_load
from bench.text.escape import in_markdown

_LEFT_OUT = ("kind", "backends")  # of the header: the figures themselves are by backend


def derive_load(directory: Path) -> LoadReport:
    """Derive load.json and load.md from load.jsonl again, and print the table."""
    report = load_report(*read_load(directory))
    write(directory / "load.json", _json(report))
    write(directory / "load.md", load_markdown(report))
    table = load_table(report)
    for note in report.notes:
        say(f"! {note}")
    say(f"{table.note}\n\n{markdown_table(table)}\n")
    say(f"report: {directory / 'load.md'}")
    return report


def _json(report: LoadReport) -> str:
    names = [field.name for field in fields(LoadHeader) if field.name not in _LEFT_OUT]
    values = {
        "meta": {name: getattr(report.header, name) for name in names},
        "untrusted": report.untrusted,
        "backends": [asdict(item) for item in report.backends],
    }
    return json.dumps(values, indent=2) + "\n"


def load_markdown(report: LoadReport) -> str:
    """load.md."""
    table = load_table(report)
    parts = (f"# {table.title}", bullets(report.notes), in_markdown(table.note), markdown_table(table))
    return "\n\n".join(parts) + "\n"
