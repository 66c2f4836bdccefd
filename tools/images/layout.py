"""Reads a built image back: its configuration, its layers, and the files in each layer."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Layer:
    """One layer: `size` in bytes uncompressed, the instruction that made it, and the regular files in it with sizes."""

    digest: str
    size: int
    instruction: str
    files: dict[str, int]


@dataclass(frozen=True)
class Image:
    """A built image, lowest layer first."""

    digest: str
    config: dict[str, Any]
    layers: tuple[Layer, ...]

    @property
    def size(self) -> int:
        """Bytes of all layers, uncompressed, which is what Lambda's limit counts."""
        return sum(layer.size for layer in self.layers)


def read(directory: Path) -> Image:
    """Read an image from a directory that `Buildah.export` wrote."""

    def blob(digest: str) -> Path:
        return directory / digest.removeprefix("sha256:")

    written = (directory / "manifest.json").read_bytes()
    manifest = json.loads(written)
    config = json.loads(blob(manifest["config"]["digest"]).read_text())
    made_by = [_readable(step["created_by"]) for step in config["history"] if not step.get("empty_layer")]
    layers = tuple(
        Layer(entry["digest"], entry["size"], instruction, _files(blob(entry["digest"])))
        for entry, instruction in zip(manifest["layers"], made_by, strict=True)
    )
    return Image(f"sha256:{hashlib.sha256(written).hexdigest()}", config["config"], layers)


def _readable(instruction: str) -> str:
    words = instruction.removeprefix("/bin/sh -c ").removeprefix("#(nop) ").strip()
    return re.sub(r"\b(dir|file|multi):[0-9a-f]{64}\b", r"\1", words)


def _files(path: Path) -> dict[str, int]:
    with tarfile.open(path, "r:") as archive:
        return {member.name.removeprefix("./"): member.size for member in archive if member.isreg()}
