"""Writes the tables that documents have of the contract, each between its markers: `python -m tools.tables`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from contract.checkout import ROOT
from contract.environment import VARIABLES
from contract.phases import PHASES
from stacks.config_table import replace


def markdown(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table in Markdown."""
    columns = list(header)
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def environment() -> str:
    """Return the table of the functions' environment variables."""
    rows = ((f"`{each.name}`", each.set_by, each.read_by, each.meaning) for each in VARIABLES)
    return markdown(("variable", "set by", "read by", "what it is"), rows)


def phases() -> str:
    """Return the table of the phases in the Server-Timing header."""
    rows = ((f"`{each.name}`", each.label, each.meaning) for each in PHASES.values())
    return markdown(("phase", "on the page", "what it is"), rows)


@dataclass(frozen=True)
class Table:
    """A table of a document; its markers have its name."""

    document: str
    name: str
    make: Callable[[], str]

    @property
    def start(self) -> str:
        """The marker before it."""
        return f"<!-- {self.name}:start -->"

    @property
    def end(self) -> str:
        """The marker behind it."""
        return f"<!-- {self.name}:end -->"


TABLES = (
    Table("docs/configuration.md", "environment", environment),
    Table("docs/api.md", "phases", phases),
)


def main() -> int:
    """Write all tables; return 1, with a message, where a document has no place for one."""
    return max(replace(ROOT / table.document, table.make(), table.start, table.end) for table in TABLES)


if __name__ == "__main__":
    sys.exit(main())
