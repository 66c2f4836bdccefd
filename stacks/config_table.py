"""Prints the table of configuration keys: `python -m stacks.config_table`.

With a file as argument, replaces what is there between the markers:
`python -m stacks.config_table docs/configuration.md`.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

from contract.checkout import ROOT

PROJECT = ROOT / "Pulumi.yaml"
START, END = "<!-- config:start -->", "<!-- config:end -->"


def table(project: Path = PROJECT) -> str:
    """Return the table in Markdown, a row for each key of the project's configuration."""
    schema = yaml.safe_load(project.read_text())["config"]
    rows = [
        f"| `{key}` | {entry['type']} | {_default(entry['default'])} | {entry['description']} |"
        for key, entry in schema.items()
    ]
    return "\n".join(["| key | type | default | what it is |", "| --- | --- | --- | --- |", *rows])


def insert(text: str, content: str, start: str = START, end: str = END) -> str:
    """Return `text` with `content` between the markers. Raises ValueError where there is not exactly one pair."""
    between = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    if len(between.findall(text)) != 1:
        raise ValueError(f"no place for the table: put {start} and {end} around it, once")
    return between.sub(lambda _: f"{start}\n{content}\n{end}", text)


def replace(page: Path, content: str, start: str = START, end: str = END) -> int:
    """Put `content` between the markers of a page; return 1 with a message where that cannot be."""
    try:
        current = insert(page.read_text(), content, start, end)
    except (OSError, ValueError) as error:
        print(f"{page}: {error}", file=sys.stderr)
        return 1
    temporary = page.with_suffix(".tmp")
    temporary.write_text(current)
    temporary.replace(page)
    return 0


def _default(value: Any) -> str:
    return "" if value in ("", [], {}) else f"`{value if isinstance(value, str) else json.dumps(value)}`"


def main(arguments: list[str]) -> int:
    """Print the table, or put it into the file that is named; 1 with a message where that cannot be."""
    if not arguments:
        print(table())
        return 0
    return replace(Path(arguments[0]), table())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
