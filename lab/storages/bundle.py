"""The model bundle that the storages hold."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from lab.host.errors import LabError

#: What a search function reads: the incident index, and the manifest that vouches for it.
INDEX = ("incidents.safetensors", "incidents.jsonl")
MANIFEST = "manifest.json"


_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Bundle:
    """A finished model bundle: its folder, its files, and its source hash."""

    folder: Path
    files: tuple[Path, ...]
    source_hash: str
    weights: str

    @property
    def index_files(self) -> tuple[Path, ...]:
        """The files that a search function reads."""
        return tuple(path for path in self.files if path.name in (*INDEX, MANIFEST))

    @property
    def total_bytes(self) -> int:
        """Size of all files."""
        return sum(path.stat().st_size for path in self.files)

    @property
    def index_bytes(self) -> int:
        """Size of the incident index."""
        return sum(path.stat().st_size for path in self.index_files if path.name in INDEX)


def read_bundle(folder: Path) -> Bundle:
    """Read a bundle's manifest; raises LabError if the bundle is missing, unfinished or damaged in size."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        sizes = {_checked(name): facts["size"] for name, facts in manifest["files"].items()}
        source_hash, weights = manifest["source_hash"], manifest["weights"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        text = f"no model bundle in {folder} ({error!r}); build one: python -m model build --out {folder}"
        raise LabError(text) from error
    for name, size in sizes.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != size:
            raise LabError(f"{path} is missing or not {size} bytes long: build the bundle again")
    files = tuple(folder.resolve() / name for name in [*sizes, MANIFEST])
    return Bundle(folder.resolve(), files, source_hash, weights)


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name[:80]!r} is not the name of a file in a bundle")
    return name


def search_memory_mb(index_bytes: int) -> int:
    """Memory size of a search function: 256 MB and three times its index, as the stack gives it."""
    wanted = 256 + -(-3 * index_bytes // (1 << 20))
    return min(max(512, -(-wanted // 64) * 64), 10_240)
