"""Escapes text that others wrote, with one function for each form of output.

The one for the terminal is `bench.process.say.Printer`, which prints all tables and lines there.
"""

from __future__ import annotations

import html
import re

from bench.process.printable import printable

_INLINE = re.compile(r"[\\`*_\[\]<>|~&]|:(?=//)|(?<=www)\.|(?<=WWW)\.")
_FIRST = re.compile(r"^([#+>=-]|\d+(?=[.)]))")


def in_html(text: str) -> str:
    """Escape for HTML and SVG, in elements and in quoted attributes."""
    return html.escape(printable(text))


def in_markdown(text: str) -> str:
    """Escape for Markdown, anywhere in a line, so that it makes no markup, HTML, table cell, link or address.

    Blanks around it go: Markdown shows none of them, but four make code of a line, and one keeps bold text from being
    bold.
    """
    escaped = _INLINE.sub(r"\\\g<0>", printable(text).strip())
    return _FIRST.sub(_escape_first, escaped)


def _escape_first(match: re.Match[str]) -> str:
    """Escape the start of a heading, a list or a quotation; for a number, the character after it."""
    first = match.group()
    return f"{first}\\" if first.isdigit() else f"\\{first}"
