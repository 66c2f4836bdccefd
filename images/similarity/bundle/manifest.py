"""Reads the bundle's manifest: what the bundle is, and the size and sha256 of each of its files."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from contract.bundle import FORMAT, MANIFEST, File, foreign_index, model_hash, read, write_files
from contract.precisions import FP32, Agreement, unknown
from similarity.base.errors import StoreError

PLACE = "{incident_id}"  # stands for an incident's number in a template of addresses


class Collection(NamedTuple):
    """What the incidents of an index are taken from.

    `title` names it to people. `url_template` has made the address of each incident that came without one, `best_url`
    makes that of the best one in an answer; where they are empty, there is none, and the best one's own. With
    `transliterate` every text is written in ASCII before it is embedded.
    """

    title: str
    url_template: str
    best_url: str
    transliterate: bool


AIID = Collection(
    title="AI Incident Database",
    url_template=f"https://incidentdatabase.ai/cite/{PLACE}",
    best_url=f"https://incidentdatabase.ai/apps/discover?display=details&incident_id={PLACE}",
    transliterate=True,
)
"""What older bundles are of, whose manifests do not say it."""


@dataclass(frozen=True)
class Manifest:
    """The manifest's fields.

    `weights` is their source: "hub", "package", "directory" or "synthetic". `family` is longformer, roberta or
    bert. `pooling` makes a vector of the last layer: "cls" takes its first row, "lasttoken" its last one, "mean"
    the mean of its rows, "weightedmean" their mean weighted by 1 to n, "max" the largest value of each column. `window`
    is the two-sided attention window in tokens, 0 if every token sees every other one. `padding_id` is the token
    without a position, the others count from `padding_id + 1`; -1 if all tokens count, from 0. `header_sha256` covers
    the safetensors header, its 8-byte length included. `index` names the source of the incidents, empty for those that
    ship with the build. `encoder_sha256` covers the tensors that every answer reads, for VERIFY_WEIGHTS; empty in older
    bundles. `collection` is what `index` is of. `embedded_by` is the `model_hash` under which it was embedded; empty in
    older bundles. `encoder_bytes` is what the onnx engine fetches before its first answer; 0 in older bundles.
    `global_layers` is the number of layers in which the window does not count. `precision` is that of the weights.
    Unless it is fp32, `origin` is the `model_hash` of the same model in fp32, and `agreement` is what the build has
    measured between the two, with the incidents that it embedded.
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
    collection: Collection = AIID
    embedded_by: str = ""
    global_layers: int = 0
    precision: str = FP32
    origin: str = ""
    agreement: Agreement | None = None
    encoder_bytes: int = 0

    @property
    def model_hash(self) -> str:
        """The name of the model without its incidents."""
        return model_hash(self.files, self.max_tokens)

    def check_index(self) -> None:
        """Raise StoreError if another model, or another limit of tokens, has embedded the incidents."""
        if wrong := foreign_index(self.embedded_by, self.files, self.max_tokens):
            raise StoreError(MANIFEST, wrong)

    @property
    def short_tokens(self) -> int:
        """Up to this many tokens every token sees every other one, so plain attention is exact."""
        return self.window // 2 + 1 if self.window else self.max_tokens

    @property
    def cone_tokens(self) -> int:
        """The vector depends on this many first tokens alone: CLS reaches one window further with each layer."""
        if not self.window or self.global_layers or self.pooling != "cls":
            return self.max_tokens
        return min(1 + self.layers * (self.window // 2), self.max_tokens)

    def to_json(self) -> str:
        fields: dict[str, Any] = {"format": FORMAT, **{k: v for k, v in vars(self).items() if k != "files"}}
        fields |= {"collection": self.collection._asdict(), "files": write_files(self.files)}
        if self.agreement:
            fields["agreement"] = self.agreement._asdict()
        return json.dumps(fields, indent=2) + "\n"


def parse(data: bytes) -> Manifest:
    """Read manifest.json; raises StoreError if it is not a manifest, or of another format version."""
    try:
        fields = read(data)
        fields.pop("format")
        if "collection" in fields:
            fields["collection"] = _collection(fields["collection"])
        if fields.get("agreement") is not None:
            fields["agreement"] = _agreement(fields["agreement"])
        manifest = Manifest(**fields)
    except ValueError as error:
        raise StoreError(MANIFEST, f"{error}: build the bundle again") from None
    except TypeError as error:
        raise StoreError(MANIFEST, f"is damaged: {error}") from None
    kinds = {"int": int, "str": str, "Collection": Collection, "Agreement | None": Agreement | None}
    for field in dataclasses.fields(Manifest):
        if not isinstance(getattr(manifest, field.name), kinds.get(str(field.type), Mapping)):
            raise StoreError(MANIFEST, f"is damaged: its {field.name} is not {field.type}")
    if wrong := unknown(manifest.precision):
        raise StoreError(MANIFEST, wrong)
    return manifest


def _agreement(fields: object) -> Agreement:
    if not isinstance(fields, Mapping):
        raise TypeError("its agreement is not a JSON object")
    agreement = Agreement(**fields)
    if type(agreement.items) is not int or not all(type(value) in (int, float) for value in agreement):
        raise TypeError("its agreement has a field of another kind")
    return agreement


def _collection(fields: object) -> Collection:
    if not isinstance(fields, Mapping):
        raise TypeError("its collection is not a JSON object")
    collection = Collection(**fields)
    if [type(value) for value in collection] != [str, str, str, bool]:
        raise TypeError("its collection has a field of another kind")
    return collection


def check(file: File, name: str, data: bytes) -> None:
    """Raise StoreError unless `data` is this file of the bundle, which is called `name`."""
    if len(data) != file.size:
        raise StoreError(name, f"is {len(data)} bytes long, the manifest says {file.size}")
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise StoreError(name, "is damaged: its sha256 is not the manifest's")
