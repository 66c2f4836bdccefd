"""Writes the JSON Schemas of what a run and a load record, docs/*.schema.json: `python -m tools.schemas`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.runs import schema
from contract.checkout import ROOT
from tools.generated import write

FILES: Mapping[Path, Callable[[], dict[str, Any]]] = {
    ROOT / "docs" / "results.schema.json": schema.results_schema,
    ROOT / "docs" / "load.schema.json": schema.load_schema,
}


def text(path: Path) -> str:
    """The content of one of the files."""
    return json.dumps(FILES[path](), indent=1) + "\n"


if __name__ == "__main__":
    for path in FILES:
        write(path, text(path))
