"""Writes report.html: one file that needs nothing else, for screens and paper, in any colours or none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.report.comparisons import Comparison
from bench.report.figures import figures
from bench.report.figures.figure import Figure
from bench.report.method import method
from bench.report.report import Meta, Report
from bench.report.tables import Table, tables
from bench.text.escape import in_html

_STYLE = Path(__file__).with_name("page.css")
TITLE = "Where should the model live?"


def html(report: Report) -> str:
    """The whole page: verdicts first, then figures, then tables and how it was measured."""
    meta = report.meta
    latency, *others = tables(report)
    body = "\n".join(
        [
            f"<h1>{TITLE}</h1>",
            f'<p class="soft">{in_html(_subtitle(meta))}</p>',
            _list(meta.notes, "notes"),
            "<h2>Verdicts</h2>",
            _verdicts(report.comparisons),
            _table(latency),
            "<h2>Figures</h2>",
            *map(_figure, figures(report)),
            *map(_table, others),
            "<h2>How it was measured</h2>",
            _list(method(meta), ""),
        ]
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,">\n<title>{TITLE} {in_html(meta.session.utc[:10])}</title>\n'
        f"<style>\n{_STYLE.read_text(encoding='utf-8')}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _subtitle(meta: Meta) -> str:
    axes = meta.session.axes
    return (
        f"{', '.join(axes.backends)} · {', '.join(axes.engines)} · {axes.cold} cold and {axes.warm} warm "
        f"samples each · {meta.target.kind} · {meta.session.utc[:16].replace('T', ' ')} UTC"
    )


def _verdicts(comparisons: Sequence[Comparison]) -> str:
    if not comparisons:
        return "<p>Only one storage was measured: there is nothing to compare.</p>"
    items = "".join(
        f'<li class="{"resolved" if item.verdict.resolved else "open"}"><span class="state">{item.state}</span> '
        f'<span class="sentence">{in_html(item.verdict.sentence)}</span></li>'
        for item in comparisons
    )
    return f'<ul class="verdicts">{items}</ul>'


def _figure(figure: Figure) -> str:
    title, caption = in_html(figure.title), in_html(figure.caption)
    return f"<figure><h3>{title}</h3>{figure.svg}<figcaption>{caption}</figcaption></figure>"


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{in_html(cell)}</th>' for cell in table.header)
    kind = ' class="prose"' if table.prose else ""
    rows = "".join(f"<tr>{''.join(f'<td>{in_html(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    note = f'<p class="soft">{in_html(table.note)}</p>' if table.note else ""
    return (
        f'<h2>{in_html(table.title)}</h2>{note}<div class="scroll" tabindex="0" role="region" '
        f'aria-label="{in_html(table.title)}"><table{kind}><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _list(items: Iterable[str], kind: str) -> str:
    return f'<ul class="{kind}">' + "".join(f"<li>{in_html(item)}</li>" for item in items) + "</ul>"
