"""Finds checkpoints that are here already: in a directory, or in an installed package."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from contract.bundle import CONFIG, WEIGHTS
from model.base import documents
from model.base.errors import BuildError
from model.checkpoints import checkpoint
from model.checkpoints.checkpoint import Checkpoint
from model.checkpoints.sentence_transformers import MODULES

READ = {".json", ".txt", ".model", ".safetensors"}  # the endings of all files that a checkpoint is made of


@dataclass(frozen=True)
class Local:
    """A checkpoint's directory. `origin` is "directory" or "package", `revision` names its content."""

    origin: str
    name: str
    revision: str
    directory: Path

    def take(self, work: Path) -> Checkpoint:
        """Copy its files to `work`; raises BuildError if they cannot be used."""
        return Checkpoint(self.origin, self.name, self.revision, checkpoint.copy(self.name, self._find, work))

    def _find(self, name: str) -> Path | None:
        path = self.directory / name
        return path if path.is_file() else None


def find(model: str) -> Local | None:
    """The checkpoint that `model` names on this machine: a directory of that path, or a package of that name."""
    if Path(model).is_dir():
        return _directory(_whole(Path(model).resolve()))
    return _package(model)


def _whole(path: Path) -> Path:
    """The checkpoint's own directory, where `path` is only one of its modules: the others count as well."""
    modules = path.parent / MODULES
    listed = documents.read(modules, MODULES) if modules.is_file() and not (path / MODULES).exists() else None
    named = [module.get("path") for module in listed if isinstance(module, dict)] if isinstance(listed, list) else []
    return path.parent if path.name in named else path


def _directory(path: Path) -> Local:
    """The checkpoint in a directory, whose revision covers all files that may be read; raises BuildError."""
    if not (path / CONFIG).is_file() and not (path / MODULES).is_file():
        raise BuildError(f"{path} has no {CONFIG}: name a checkpoint with its weights as safetensors")
    digest = hashlib.sha256()
    for file in sorted((*path.glob("*"), *path.glob("*/*"))):
        if file.suffix in READ and file.is_file():
            digest.update(f"{file.relative_to(path)}\n".encode())
            with file.open("rb") as content:
                digest.update(hashlib.file_digest(content, "sha256").digest())
    return Local("directory", path.name, digest.hexdigest()[:12], path)


def _package(name: str) -> Local | None:
    try:
        package = metadata.distribution(name)
    except (metadata.PackageNotFoundError, ValueError):
        return None
    for file in package.files or []:
        path = Path(str(package.locate_file(file)))
        if path.name == WEIGHTS and path.with_name(CONFIG).is_file():
            return Local("package", name, package.version, _whole(path.parent))
    return None
