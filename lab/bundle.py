"""The model bundle that the storages hold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError


@dataclass(frozen=True)
class Bundle:
    """A finished model bundle: its folder, its files, and its source hash."""

    folder: Path
    files: tuple[Path, ...]
    source_hash: str
    weights: str


def read_bundle(folder: Path) -> Bundle:
    """Read a bundle's manifest; raises LabError if the bundle is missing, unfinished or damaged in size."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
        sizes = {name: facts["size"] for name, facts in manifest["files"].items()}
        source_hash, weights = manifest["source_hash"], manifest["weights"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        text = f"no model bundle in {folder} ({error!r}); build one: python -m model build --out {folder}"
        raise LabError(text) from error
    for name, size in sizes.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != size:
            raise LabError(f"{path} is missing or not {size} bytes long: build the bundle again")
    files = tuple(folder.resolve() / name for name in [*sizes, "manifest.json"])
    return Bundle(folder.resolve(), files, source_hash, weights)
