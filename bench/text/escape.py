"""Text that others wrote, made to show as what it is: one function for each form of output.

The terminal's is `bench.process.say.Printer`, which all tables and lines there go through.
"""

from __future__ import annotations

import html
import re

from bench.process.printable import printable

_INLINE = re.compile(r"[\\`*_\[\]<>|~&]|:(?=//)|(?<=www)\.|(?<=WWW)\.")
_FIRST = re.compile(r"^(\s*)([#+>=-]|\d+(?=[.)]))")


def in_html(text: str) -> str:
    """For HTML and SVG, in elements and in quoted attributes."""
    return html.escape(printable(text))


def in_markdown(text: str) -> str:
    """For Markdown, anywhere in a line: no markup, HTML, table cell, link or bare address comes of it."""
    escaped = _INLINE.sub(r"\\\g<0>", printable(text))
    return _FIRST.sub(_escape_first, escaped)


def _escape_first(match: re.Match[str]) -> str:
    """What would begin a heading, a list or a quotation; of a number, what follows is escaped instead."""
    blanks, first = match.groups()
    return f"{blanks}{first}\\" if first.isdigit() else f"{blanks}\\{first}"
