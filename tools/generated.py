"""Puts generated text into documents, between a pair of markers of its name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path


def insert(text: str, name: str, content: str) -> str:
    """Return `text` with `content` between the markers. Raises ValueError unless there is exactly one pair."""
    start, end = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
    between = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    if len(between.findall(text)) != 1:
        raise ValueError(f"no place for {name}: put {start} and {end} around it, once")
    return between.sub(lambda _: f"{start}\n{content}\n{end}", text)


def write(page: Path, text: str) -> None:
    """Replace a document by `text`, all at once. Raises OSError."""
    temporary = page.with_suffix(".tmp")
    temporary.write_text(text)
    temporary.replace(page)


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
