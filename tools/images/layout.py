"""Reads a built image back: its configuration, its layers, and the files in each layer."""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.images.buildah import Buildah


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


def read(buildah: Buildah, name: str) -> Image:
    """Read an image back from the store, where its layers are: an export would copy and hash them all."""
    known, folders = buildah.inspect(name), buildah.layers()
    config = known["OCIv1"]
    made_by = [_readable(step["created_by"]) for step in config["history"] if not step.get("empty_layer")]
    layers = tuple(
        Layer(entry["digest"], entry["size"], instruction, _files(folders[entry["digest"]]))
        for entry, instruction in zip(json.loads(known["Manifest"])["layers"], made_by, strict=True)
    )
    return Image(known["FromImageDigest"], config["config"], layers)


def _readable(instruction: str) -> str:
    words = instruction.removeprefix("/bin/sh -c ").removeprefix("#(nop) ").strip()
    return re.sub(r"\b(dir|file|multi):[0-9a-f]{64}\b", r"\1", words)


def _files(folder: Path) -> dict[str, int]:
    return {
        os.path.relpath(path, folder): status.st_size
        for directory, _, names in os.walk(folder)
        for path in (os.path.join(directory, name) for name in names)
        if stat.S_ISREG((status := os.lstat(path)).st_mode)
    }
