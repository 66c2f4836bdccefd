"""Makes small project directories for the program, which looks at names, sizes and hashes, so any content will do."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contract.checkout import ROOT
from contract.storages import NAMES

MODEL = "minilm"  # the second model that every project has a bundle for
PAGE = ("handler.py", "index.html", "openapi.json", "style.css")
_FILES = (
    *("config.json", "encoder.onnx", "incidents.jsonl", "incidents.safetensors"),
    *("model.safetensors", "tokenizer.json"),
)


def make_project(directory: Path) -> Path:
    """Lay out a project with small bundles without a real model, and return its directory."""
    images = directory / "images"
    for name in ("bundle", f"bundle-{MODEL}"):
        write_bundle(images / name, {file: f"the content of {name}'s {file}".encode() for file in _FILES})
    for backend in NAMES:
        (images / backend).mkdir()
        for name in ("Dockerfile", "Dockerfile.dockerignore"):
            shutil.copy(ROOT / "images" / backend / name, images / backend)
        (images / backend / "app.py").write_text(f"BACKEND = {backend!r}\n")
    (images / "contract").mkdir()
    (images / "contract" / "storages.py").write_text("the content of storages.py")
    (directory / "page").mkdir()
    for name in PAGE:
        (directory / "page" / name).write_text(f"the content of {name}")
    return directory


def write_bundle(bundle: Path, contents: Mapping[str, bytes], **fields: Any) -> None:
    """Write a bundle of these files, with `fields` over what its manifest would say."""
    bundle.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (bundle / name).write_bytes(content)
    write_manifest(
        bundle, {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in contents.items()}, **fields
    )


def write_manifest(bundle: Path, files: Mapping[str, tuple[int, str]], **fields: Any) -> None:
    """Write the manifest of a bundle whose files have these sizes in bytes and these hashes."""
    lines = "".join(f"{name} {size} {sha256}\n" for name, (size, sha256) in sorted(files.items()))
    manifest = {
        "format": 2,
        "source_hash": hashlib.sha256(lines.encode()).hexdigest(),
        "weights": "synthetic",
        "layers": 12,
        "hidden": 768,
        "max_tokens": 4096,
        "files": {name: {"size": size, "sha256": sha256} for name, (size, sha256) in files.items()},
    }
    (bundle / "manifest.json").write_text(json.dumps({**manifest, **fields}))


def change_bundle(bundle: Path, **contents: bytes) -> None:
    """Change files of a bundle: `config` is config.json, `incidents` both files of the index."""
    names = {"config": ["config.json"], "incidents": ["incidents.jsonl", "incidents.safetensors"]}
    changed = {name: data for key, data in contents.items() for name in names[key]}
    kept = {path.name: path.read_bytes() for path in bundle.iterdir() if path.name != "manifest.json"}
    write_bundle(bundle, {**kept, **changed})
