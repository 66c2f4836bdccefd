"""Finds the encoder's tensors in a checkpoint, by the names that BERT, RoBERTa and Longformer share.

DistilBERT and MPNet have the same parts under names of their own. In a checkpoint with the head of a task the model's
name precedes all of them (`bert.encoder…`), and one that was converted from TensorFlow calls the two parts of a
LayerNorm gamma and beta.
"""

from __future__ import annotations

import re

from similarity.bundle.safetensors_header import Header, Tensor

_OTHERS = {
    **{
        f"attention.{short}_lin": f"attention.self.{name}"
        for short, name in zip("qkv", ("query", "key", "value"), strict=True)
    },
    **{f"attention.attn.{name[0]}": f"attention.self.{name}" for name in ("query", "key", "value")},
    "attention.out_lin": "attention.output.dense",
    "attention.attn.o": "attention.output.dense",
    "sa_layer_norm": "attention.output.LayerNorm",
    "attention.LayerNorm": "attention.output.LayerNorm",
    "ffn.lin1": "intermediate.dense",
    "ffn.lin2": "output.dense",
    "output_layer_norm": "output.LayerNorm",
}
"""BERT's name of a layer's part by that of DistilBERT or MPNet."""
_PREFIX = r"(?:[a-z_]+\.)?"
_OLDER = {"gamma": "weight", "beta": "bias"}
_KIND = r"\.(?P<kind>weight|bias|gamma|beta)"
_PARTS = "|".join(map(re.escape, sorted({*_OTHERS, *_OTHERS.values()}, key=len, reverse=True)))
_LAYER = re.compile(rf"{_PREFIX}(?:encoder|transformer)\.layer\.(?P<layer>\d+)\.(?P<part>{_PARTS}){_KIND}")
_BEFORE = re.compile(rf"{_PREFIX}(?P<path>embeddings\.LayerNorm|encoder\.relative_attention_bias){_KIND}")
_TABLE = re.compile(rf"{_PREFIX}(embeddings\.[a-z_]+_embeddings\.weight)")


def layer_of(name: str) -> int | None:
    """The layer that reads a tensor whole, -1 for those before all layers; None for other tensors."""
    layer = _LAYER.fullmatch(name)
    if layer:
        return int(layer["layer"])
    return -1 if _BEFORE.fullmatch(name) else None


def shared_name(name: str) -> str:
    """The name in BertModel, RobertaModel and LongformerModel of a tensor whose layer `layer_of` knows."""
    layer, before = _LAYER.fullmatch(name), _BEFORE.fullmatch(name)
    if layer:
        path, kind = f"encoder.layer.{layer['layer']}.{_OTHERS.get(layer['part'], layer['part'])}", layer["kind"]
    elif before:
        path, kind = before["path"], before["kind"]
    else:
        raise KeyError(name)
    return f"{path}.{_OLDER.get(kind, kind)}"


def find(header: Header, name: str) -> Tensor:
    """The tensor that BertModel, RobertaModel and LongformerModel call `name`; raises KeyError."""
    if name in header.tensors:
        return header.tensors[name]
    for key, tensor in header.tensors.items():
        table = _TABLE.fullmatch(key)
        if (table and table[1] == name) or (layer_of(key) is not None and shared_name(key) == name):
            return tensor
    raise KeyError(name)
