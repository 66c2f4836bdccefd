"""Names the files of a model bundle and reads its manifest.

A bundle is a flat folder. Its manifest lists all other files with their sizes and sums, and the hash of that list is
the bundle's name.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

FORMAT = 2
MANIFEST = "manifest.json"
WEIGHTS = "model.safetensors"
CONFIG = "config.json"
TOKENIZER = "tokenizer.json"
GRAPH = "encoder.onnx"
LONG_GRAPH = "encoder_long.onnx"
VECTORS = "incidents.safetensors"
INCIDENTS = "incidents.jsonl"
INDEX = (INCIDENTS, VECTORS)  # everything that a search function reads, apart from the manifest

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,254}")
_HASH = re.compile(r"[0-9a-f]{64}")
_MIB = 1 << 20


@dataclass(frozen=True)
class File:
    """The required `size` in bytes and `sha256` in hex of a file of the bundle."""

    size: int
    sha256: str


def read(data: bytes) -> dict[str, Any]:
    """Read a manifest: its fields, of which `files` is a dict of File by name and `source_hash` is that of the list.

    Raises ValueError, which says in words that follow the manifest's name why it cannot be read.
    """
    try:
        fields = json.loads(data)
        version, files, name = fields["format"], read_files(fields["files"]), fields["source_hash"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"is damaged: {type(error).__name__}: {error}") from None
    if version != FORMAT:
        raise ValueError(f"has format {version}, this program reads format {FORMAT}")
    if name != source_hash(files):
        raise ValueError("is damaged: source_hash does not fit its list of files")
    return {**fields, "files": files}


def read_files(listed: object) -> dict[str, File]:
    """Read a list of files, {name: {"size": bytes, "sha256": hex}}; raises ValueError naming what is wrong with it."""
    if not isinstance(listed, Mapping):
        raise ValueError("the list of files is not a JSON object")
    return {name: _file(name, entry) for name, entry in listed.items()}


def _file(name: object, entry: object) -> File:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"{name!r:.80} is not the name of a file in a bundle: letters, digits, '.', '_' and '-'")
    size, sha256 = (entry.get("size"), entry.get("sha256")) if isinstance(entry, Mapping) else (None, None)
    if not isinstance(size, int) or isinstance(size, bool) or size < 0 or not is_hash(sha256):
        raise ValueError(f"{name} has no size in bytes and sha256 of 64 hex digits")
    return File(size, sha256)


def write_files(files: Mapping[str, File]) -> dict[str, dict[str, Any]]:
    """The list that `read_files` reads, in the order of names."""
    return {name: {"size": file.size, "sha256": file.sha256} for name, file in sorted(files.items())}


def is_hash(text: object) -> TypeGuard[str]:
    """Whether this is a sha256 in hex, such as the name of a bundle."""
    return isinstance(text, str) and _HASH.fullmatch(text) is not None


def source_hash(files: Mapping[str, File]) -> str:
    """The bundle's name: sha256 over the sorted lines "name size sha256"."""
    lines = "".join(f"{name} {file.size} {file.sha256}\n" for name, file in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def model_hash(files: Mapping[str, File], max_tokens: int) -> str:
    """The name of the model without its incidents: two bundles with the same one embed the same ASCII text alike.

    No file says where a text is cut, so the limit is named beside them.
    """
    model = source_hash({name: file for name, file in files.items() if name not in INDEX})
    return hashlib.sha256(f"{model} {max_tokens}".encode()).hexdigest()


def foreign_index(embedded_by: str, files: Mapping[str, File], max_tokens: int) -> str:
    """What is wrong if another model has embedded the incidents, in words that follow the manifest's name; else "".

    `embedded_by` is the `model_hash` under which they were embedded; bundles of older builds say "".
    """
    if embedded_by in ("", model_hash(files, max_tokens)):
        return ""
    words = "has an index that was embedded by another model, or under another limit of tokens"
    return f"{words}: make it anew with `python -m model index`"


def search_memory_mb(index_bytes: int) -> int:
    """Memory in MB of a function that holds an index: 256 and three times its size, in steps of 64, 512 at least.

    Three times, because the file, the vectors made from it and the parsed incidents exist at once.
    """
    return max(512, 64 * -(-(256 * _MIB + 3 * index_bytes) // (64 * _MIB)))
