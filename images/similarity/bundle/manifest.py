"""The bundle's manifest: what the bundle is, and the size and sha256 that every file of it must have."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from similarity.base.errors import StoreError

FORMAT = 2
NAME = "manifest.json"
WEIGHTS = "model.safetensors"
CONFIG = "config.json"
TOKENIZER = "tokenizer.json"
GRAPH = "encoder.onnx"
LONG_GRAPH = "encoder_long.onnx"
VECTORS = "incidents.safetensors"
INCIDENTS = "incidents.jsonl"


@dataclass(frozen=True)
class File:
    """What a file of the bundle must be: `size` in bytes, `sha256` in hex."""

    size: int
    sha256: str

    def check(self, name: str, data: bytes) -> None:
        """Raise StoreError unless `data` is this file."""
        if len(data) != self.size:
            raise StoreError(name, f"is {len(data)} bytes long, the manifest says {self.size}")
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise StoreError(name, "is damaged: its sha256 is not the manifest's")


@dataclass(frozen=True)
class Manifest:
    """The manifest's fields.

    `weights` says where they are from: "hub", "package", "directory" or "synthetic". `family` is longformer, roberta or
    bert. `pooling` makes a vector of the last layer: "cls" takes its first row, "mean" the mean of its rows. `window`
    is the two-sided attention window in tokens, 0 where every token sees every other one. `padding_id` is the token
    that takes no position, the others count from `padding_id + 1`; -1 where all tokens count, from 0. `header_sha256`
    is that of the safetensors header, its 8-byte length included. `index` names the source of the incidents, empty for
    those that the build came with.
    `encoder_sha256` is that of the tensors that every answer reads, for VERIFY_WEIGHTS; empty in older bundles.
    """

    model: str
    revision: str
    weights: str
    family: str
    pooling: str
    layers: int
    hidden: int
    window: int
    max_tokens: int
    padding_id: int
    recipe: str
    source_hash: str
    header_sha256: str
    files: Mapping[str, File]
    index: str = ""
    encoder_sha256: str = ""

    @property
    def model_hash(self) -> str:
        """Names the model without its incidents: two bundles of the same one embed a text alike."""
        return source_hash({name: file for name, file in self.files.items() if name not in (VECTORS, INCIDENTS)})

    @property
    def short_tokens(self) -> int:
        """Up to this many tokens every token sees every other one: plain attention is exact."""
        return self.window // 2 + 1 if self.window else self.max_tokens

    @property
    def cone_tokens(self) -> int:
        """The vector depends on this many first tokens and no others: CLS reaches one window further a layer."""
        if not self.window or self.pooling != "cls":
            return self.max_tokens
        return min(1 + self.layers * (self.window // 2), self.max_tokens)

    def to_json(self) -> str:
        fields: dict[str, Any] = {"format": FORMAT, **{k: v for k, v in vars(self).items() if k != "files"}}
        fields["files"] = {name: vars(file) for name, file in sorted(self.files.items())}
        return json.dumps(fields, indent=2) + "\n"


def parse(data: bytes) -> Manifest:
    """Read manifest.json; raises StoreError where it is no manifest or of another format version."""
    try:
        fields = json.loads(data)
        version = fields.pop("format")
        if version != FORMAT:
            raise StoreError(NAME, f"has format {version}, this function reads format {FORMAT}: build the bundle again")
        files = {name: File(int(f["size"]), str(f["sha256"])) for name, f in fields.pop("files").items()}
        manifest = Manifest(files=files, **fields)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise StoreError(NAME, f"is damaged: {type(error).__name__}: {error}") from None
    kinds = {"int": int, "str": str}
    for field in dataclasses.fields(Manifest):
        if not isinstance(getattr(manifest, field.name), kinds.get(str(field.type), Mapping)):
            raise StoreError(NAME, f"is damaged: its {field.name} is not {field.type}")
    if manifest.source_hash != source_hash(files):
        raise StoreError(NAME, "is damaged: source_hash does not fit its list of files")
    return manifest


def source_hash(files: Mapping[str, File]) -> str:
    """The bundle's name: sha256 over the sorted lines "name size sha256"."""
    lines = "".join(f"{name} {file.size} {file.sha256}\n" for name, file in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()
