"""Makes the pieces of a page: one file that needs nothing else, for screens and paper, in any colours or none."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bench.report.figures.figure import Figure
from bench.report.table import Table
from bench.text.escape import in_html

_STYLE = Path(__file__).with_name("page.css")


def page(title: str, heading: str, subtitle: str, body: Iterable[str]) -> str:
    """The whole page: `title` is the window's, the body is HTML."""
    parts = "\n".join([f"<h1>{in_html(heading)}</h1>", f'<p class="soft">{in_html(subtitle)}</p>', *body])
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,">\n<title>{in_html(title)}</title>\n'
        f"<style>\n{_STYLE.read_text(encoding='utf-8')}</style>\n</head>\n<body>\n<main>\n{parts}\n</main>\n</body>\n</html>\n"
    )


def figure_in_html(figure: Figure) -> str:
    """A figure with its heading and caption."""
    title, caption = in_html(figure.title), in_html(figure.caption)
    return f"<figure><h3>{title}</h3>{figure.svg}<figcaption>{caption}</figcaption></figure>"


def table_in_html(table: Table) -> str:
    """A table with its heading and note; a wide one scrolls by itself."""
    head = "".join(f'<th scope="col">{in_html(cell)}</th>' for cell in table.header)
    kind = ' class="prose"' if table.prose else ""
    rows = "".join(f"<tr>{''.join(f'<td>{in_html(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    note = f'<p class="soft">{in_html(table.note)}</p>' if table.note else ""
    return (
        f'<h2>{in_html(table.title)}</h2>{note}<div class="scroll" tabindex="0" role="region" '
        f'aria-label="{in_html(table.title)}"><table{kind}><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def list_in_html(items: Iterable[str], kind: str = "") -> str:
    """A list of sentences; `kind` is its class."""
    return f'<ul class="{kind}">' + "".join(f"<li>{in_html(item)}</li>" for item in items) + "</ul>"
