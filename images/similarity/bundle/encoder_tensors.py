"""Finds the encoder's tensors in a checkpoint by the names that BERT, RoBERTa and Longformer share.

In a checkpoint with the head of a task the model's name precedes them (`bert.encoder…`), and one that was converted
from TensorFlow calls the two parts of a LayerNorm gamma and beta.
"""

from __future__ import annotations

import re

from similarity.bundle.safetensors_header import Header, Tensor

_PREFIX = r"(?:[a-z_]+\.)?"
_OLDER = {"gamma": "weight", "beta": "bias"}
_PART = r"\.(?:weight|bias|gamma|beta)$"
_LAYER = re.compile(
    _PREFIX + r"encoder\.layer\.(\d+)\.(?:attention\.self\.(?:query|key|value)|intermediate\.dense|"
    r"(?:attention\.)?output\.(?:dense|LayerNorm))" + _PART
)
_EMBEDDINGS_NORM = re.compile(_PREFIX + r"embeddings\.LayerNorm" + _PART)


def layer_of(name: str) -> int | None:
    """The layer that reads a tensor whole, -1 for the LayerNorm before all layers; None for other tensors."""
    layer = _LAYER.match(name)
    if layer:
        return int(layer[1])
    return -1 if _EMBEDDINGS_NORM.match(name) else None


def shared_name(name: str) -> str:
    """The name in BertModel, RobertaModel and LongformerModel of a tensor whose layer `layer_of` knows."""
    path, _, part = re.sub(f"^{_PREFIX}(?=encoder|embeddings)", "", name).rpartition(".")
    return f"{path}.{_OLDER.get(part, part)}"


def find(header: Header, name: str) -> Tensor:
    """The tensor that BertModel, RobertaModel and LongformerModel call `name`; raises KeyError."""
    older = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
    for form in (name, older):
        if form in header.tensors:
            return header.tensors[form]
    wanted = re.compile(_PREFIX + f"(?:{re.escape(name)}|{re.escape(older)})$")
    for key, tensor in header.tensors.items():
        if wanted.match(key):
            return tensor
    raise KeyError(name)
