"""A small made-up bundle: the lab does not look into the files."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

SIZES = {
    "model.safetensors": 12_000_000,
    "config.json": 600,
    "encoder.onnx": 50_001,
    "incidents.safetensors": 300_007,
    "incidents.jsonl": 20_003,
}


def make_bundle(folder: Path) -> Path:
    """Write a bundle of random bytes with a manifest in the agreed format."""
    folder.mkdir(parents=True)
    files = {}
    for name, size in SIZES.items():
        data = random.Random(name).randbytes(size)
        (folder / name).write_bytes(data)
        files[name] = {"size": size, "sha256": hashlib.sha256(data).hexdigest()}
    lines = [f"{name} {facts['size']} {facts['sha256']}\n" for name, facts in files.items()]
    source_hash = hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()
    manifest = {"format": 2, "weights": "synthetic", "source_hash": source_hash, "files": files}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder
