"""Makes the pieces of a page: one file that needs nothing else, for screens and paper, in any colours or none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.report.figures.figure import Figure
from bench.report.table import Table
from bench.text.escape import in_html

_STYLE = Path(__file__).with_name("page.css")
_FEW = 2  # columns, which fit on a phone; the rows of a larger table become cards there


@dataclass(frozen=True)
class Section:
    """A part of a page under a heading of its own, which the contents name; `body` is HTML. No title: no heading."""

    title: str
    body: str


def page(title: str, heading: str, subtitle: str, body: Iterable[str | Section]) -> str:
    """The whole page: `title` is the window's; the body is HTML and sections.

    The contents list the sections, and stand behind the first part of the body: an answer comes before all else.
    """
    parts = [part for part in body if part]
    names = _names([part.title for part in parts if isinstance(part, Section) and part.title])
    first, *others = _shown(parts, iter(names))
    head = [f"<h1>{in_html(heading)}</h1>", f'<p class="soft">{in_html(subtitle)}</p>', first]
    shown = "\n".join([*head, _contents(names), *others])
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,">\n<title>{in_html(title)}</title>\n'
        f"<style>\n{_STYLE.read_text(encoding='utf-8')}</style>\n</head>\n<body>\n<main>\n{shown}\n</main>\n</body>\n</html>\n"
    )


def _names(titles: Iterable[str]) -> list[tuple[str, str]]:
    """Each title with a name for its address, all different."""
    names: list[tuple[str, str]] = []
    for number, title in enumerate(titles, 1):
        name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "part"
        names.append((title, f"{name}-{number}" if name in (other for _, other in names) else name))
    return names


def _contents(names: Sequence[tuple[str, str]]) -> str:
    """Links to the sections, where there are several."""
    links = "".join(f'<li><a href="#{name}">{in_html(title)}</a></li>' for title, name in names)
    return f'<nav aria-label="Contents"><ul>{links}</ul></nav>' if len(names) > 1 else ""


def _shown(parts: Iterable[str | Section], names: Iterator[tuple[str, str]]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, str):
            yield part
        elif not part.title:
            yield f"<section>{part.body}</section>"
        else:
            title, name = next(names)
            yield f'<section aria-labelledby="{name}"><h2 id="{name}">{in_html(title)}</h2>{part.body}</section>'


def figure_in_html(figure: Figure) -> str:
    """A figure with its heading and caption."""
    title, caption = in_html(figure.title), in_html(figure.caption)
    return f"<figure><h3>{title}</h3>{figure.svg}<figcaption>{caption}</figcaption></figure>"


def table_in_html(table: Table) -> Section:
    """A table under its heading, with its note; on a narrow screen each row is a card that names its columns."""
    return Section(table.title, bare_table(table))


def bare_table(table: Table) -> str:
    """The same without its heading, for a place under another one."""
    head = "".join(f'<th scope="col">{in_html(cell)}</th>' for cell in table.header)
    kinds = ["prose"] * table.prose + ["cards"] * (len(table.header) > _FEW)
    rows = "".join(f"<tr>{_row(table.header, row)}</tr>" for row in table.rows)
    note = f'<p class="soft">{in_html(table.note)}</p>' if table.note else ""
    label = in_html(table.title or table.header[0])
    return (
        f'{note}<div class="scroll" tabindex="0" role="region" aria-label="{label}, table">'
        f'<table class="{" ".join(kinds)}"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _row(header: Sequence[str], row: Sequence[str]) -> str:
    first, *others = row
    cells = (
        f'<td data-label="{in_html(name)}">{in_html(cell)}</td>' for name, cell in zip(header[1:], others, strict=True)
    )
    return f'<th scope="row">{in_html(first)}</th>{"".join(cells)}'


def list_in_html(items: Iterable[str], kind: str = "") -> str:
    """A list of sentences; `kind` is its class."""
    return f'<ul class="{kind}">' + "".join(f"<li>{in_html(item)}</li>" for item in items) + "</ul>"


def command_in_html(command: str) -> str:
    """A command line to copy; a long one scrolls by itself."""
    return f'<pre tabindex="0" role="region" aria-label="command"><code>{in_html(command)}</code></pre>'
