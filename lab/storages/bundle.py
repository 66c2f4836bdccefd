"""Reads the model bundle that the storages hold."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from contract.bundle import INDEX, MANIFEST, read, search_memory_mb
from contract.limits import MAX_MEMORY_MB
from contract.precisions import Reduction, reduction
from lab.host.errors import LabError


@dataclass(frozen=True)
class Bundle:
    """A finished model bundle: its folder, its files, its source hash, and what its weights give up."""

    folder: Path
    files: tuple[Path, ...]
    source_hash: str
    weights: str
    reduction: Reduction

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

    @property
    def search_memory_mb(self) -> int:
        """Memory in MB of a function that holds the index; no more than Lambda has."""
        return min(search_memory_mb(self.index_bytes), MAX_MEMORY_MB)


def read_bundle(folder: Path) -> Bundle:
    """Read a bundle's manifest; raises LabError if it is missing or unfinished, or if a file has a wrong size."""
    try:
        manifest = read((folder / MANIFEST).read_bytes())
        weights, reduced = str(manifest["weights"]), reduction(manifest)
    except (OSError, ValueError, KeyError, TypeError) as error:
        text = f"no model bundle in {folder} ({error!r}); build one: python -m model build --out {folder}"
        raise LabError(text) from error
    for name, file in manifest["files"].items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != file.size:
            raise LabError(f"{path} is missing or not {file.size} bytes long: build the bundle again")
    files = tuple(folder.resolve() / name for name in [*manifest["files"], MANIFEST])
    return Bundle(folder.resolve(), files, manifest["source_hash"], weights, reduced)
