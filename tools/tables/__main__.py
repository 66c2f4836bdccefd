"""Writes the tables of the documents that are made from the code: `python -m tools.tables`."""

from __future__ import annotations

import sys
from pathlib import Path

from contract.checkout import ROOT
from tools.generated import insert, write
from tools.tables.registry import TABLES


def main(root: Path = ROOT) -> int:
    """Renew every table in the documents below `root`; 1 with a message where one has no place."""
    for document, tables in TABLES.items():
        page = root / document
        try:
            text = page.read_text()
            for name, made in tables.items():
                text = insert(text, name, made())
            write(page, text)
        except (OSError, ValueError) as error:
            print(f"{page}: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
