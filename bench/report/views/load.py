"""Writes load.json, load.md and load.html, and shows the figures of a load."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from bench.process.say import say
from bench.report.loads.figures import load_figures
from bench.report.loads.report import LoadReport, load_report
from bench.report.loads.tables import load_tables
from bench.report.views.markdown import bullets, markdown_table, section
from bench.report.views.page import Section, figure_in_html, list_in_html, page, table_in_html
from bench.report.views.terminal import print_table, standard_output
from bench.report.views.write import write
from bench.runs.load_file import read_load
from bench.text.escape import in_markdown

_TITLE = "Under load"
_LEFT_OUT = ("kind", "backends")  # of the header: the figures themselves are by backend


def derive_load(directory: Path) -> LoadReport:
    """Derive load.json, load.md and load.html from load.jsonl again, and print the first table."""
    report = load_report(read_load(directory))
    write(directory / "load.json", _json(report))
    write(directory / "load.md", load_markdown(report))
    write(directory / "load.html", load_html(report))
    for note in report.notes:
        say(f"! {note}")
    for found in report.searches:
        say(found.sentence)
    print_table(next(load_tables(report)), standard_output())
    say(f"report: {directory / 'load.html'}, {directory / 'load.md'}")
    return report


def _json(report: LoadReport) -> str:
    values = {
        "meta": {name: value for name, value in asdict(report.header).items() if name not in _LEFT_OUT},
        "untrusted": report.untrusted,
        "backends": [asdict(item) for item in report.backends],
        "searches": [
            {**asdict(found), "highest_met": found.highest_met, "lowest_failed": found.lowest_failed}
            for found in report.searches
        ],
    }
    return json.dumps(values, indent=2) + "\n"


def load_markdown(report: LoadReport) -> str:
    """load.md."""
    table, *others = load_tables(report)
    answers = bullets(found.sentence for found in report.searches)
    parts = (f"# {table.title}", bullets(report.notes), answers, in_markdown(table.note), markdown_table(table))
    return "\n\n".join(part for part in (*parts, *map(section, others)) if part) + "\n"


def load_html(report: LoadReport) -> str:
    """load.html."""
    header = report.header
    first, *others = load_tables(report)
    body: list[str | Section] = [
        list_in_html(report.notes, "notes"),
        list_in_html(found.sentence for found in report.searches) if report.searches else "",
        table_in_html(first),
        Section("Figures", "".join(map(figure_in_html, load_figures(report)))),
        *(map(table_in_html, others) if report.searches else ()),  # the figures show what goes over time
    ]
    names = ", ".join(dict.fromkeys(item.backend for item in report.backends))
    place = "the lab" if header.is_lab else "AWS"
    subtitle = f"{names} · {place} · {header.utc[:16].replace('T', ' ')} UTC"
    return page(f"{_TITLE} {header.utc[:10]}", _TITLE, subtitle, body)
