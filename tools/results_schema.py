"""Writes docs/results.schema.json, the JSON Schema of a run's records: `python -m tools.results_schema`."""

from __future__ import annotations

import json

from bench.runs.schema import schema
from contract.checkout import ROOT
from tools.generated import write

FILE = ROOT / "docs" / "results.schema.json"


def text() -> str:
    """The file's content."""
    return json.dumps(schema(), indent=1) + "\n"


if __name__ == "__main__":
    write(FILE, text())
