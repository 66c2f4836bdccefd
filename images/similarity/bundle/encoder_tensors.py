"""Finds the encoder's tensors in a checkpoint, by the names that BERT, RoBERTa and Longformer share.

DistilBERT, MPNet and ModernBERT have the same parts under names of their own; ModernBERT keeps some of them one after
the other in one tensor. In a checkpoint with the head of a task the model's name precedes all of them
(`bert.encoder…`), and one that was converted from TensorFlow calls the two parts of a LayerNorm gamma and beta. A
reduced bundle (`model/checkpoints/reduced.py`) has BERT's names; a weight in int8 has a `scale` beside it.
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
    "attn.Wo": "attention.output.dense",
    "sa_layer_norm": "attention.output.LayerNorm",
    "attention.LayerNorm": "attention.output.LayerNorm",
    "ffn.lin1": "intermediate.dense",
    "ffn.lin2": "output.dense",
    "mlp.Wo": "output.dense",
    "output_layer_norm": "output.LayerNorm",
}
"""BERT's name of a layer's part by that of DistilBERT, MPNet or ModernBERT."""
_SEVERAL = {
    "attn.Wqkv": ("attention.self.query", "attention.self.key", "attention.self.value"),
    "mlp.Wi": ("intermediate.dense", "intermediate.gate"),
}
"""The parts that a tensor of ModernBERT holds, each an equal share of its rows."""
_OWN = ("attn_norm", "mlp_norm", "intermediate.gate")
"""Parts that BERT does not have."""
_PREFIX = r"(?:(?P<prefix>[a-z_]+)\.)?"
_OLDER = {"gamma": "weight", "beta": "bias"}
_KIND = r"\.(?P<kind>weight|bias|gamma|beta|scale)"
_PARTS = "|".join(
    map(re.escape, sorted({*_OTHERS, *_OTHERS.values(), *_SEVERAL, *_OWN}, key=lambda part: (-len(part), part)))
)
_LAYER = re.compile(rf"{_PREFIX}(?:(?:encoder|transformer)\.layer|layers)\.(?P<layer>\d+)\.(?P<part>{_PARTS}){_KIND}")
_OUTSIDE = re.compile(
    rf"{_PREFIX}(?P<path>embeddings\.(?:LayerNorm|norm)|encoder\.relative_attention_bias|final_norm){_KIND}"
)
_TABLE = re.compile(rf"{_PREFIX}(?P<table>embeddings\.[a-z_]+_embeddings)\.weight")
_SAME = {"embeddings.norm": "embeddings.LayerNorm", "embeddings.tok_embeddings": "embeddings.word_embeddings"}
AFTER = 1 << 30
"""The layer of what comes after all layers."""


def layer_of(name: str) -> int | None:
    """The layer that reads a tensor whole, -1 for those before all layers, AFTER for those after; None for others."""
    layer, outside = _LAYER.fullmatch(name), _OUTSIDE.fullmatch(name)
    if layer:
        return int(layer["layer"])
    if outside:
        return AFTER if outside["path"] == "final_norm" else -1
    return None


def shared_names(name: str) -> tuple[str, ...]:
    """The names in BertModel, RobertaModel and LongformerModel of what a tensor holds; none if an encoder has none."""
    layer, outside, table = _LAYER.fullmatch(name), _OUTSIDE.fullmatch(name), _TABLE.fullmatch(name)
    if table:
        return (f"{_SAME.get(table['table'], table['table'])}.weight",)
    if layer:
        prefix, part = f"encoder.layer.{layer['layer']}.", layer["part"]
        paths, kind = _SEVERAL.get(part, (_OTHERS.get(part, part),)), layer["kind"]
    elif outside:
        prefix, paths, kind = "", (_SAME.get(outside["path"], outside["path"]),), outside["kind"]
    else:
        return ()
    return tuple(f"{prefix}{path}.{_OLDER.get(kind, kind)}" for path in paths)


def prefix_of(name: str) -> str:
    """What stands before the encoder's own name of a tensor that `shared_names` knows, such as `bert`; mostly ""."""
    match = _LAYER.fullmatch(name) or _OUTSIDE.fullmatch(name) or _TABLE.fullmatch(name)
    return (match and match["prefix"]) or ""


def parts(name: str, tensor: Tensor) -> dict[str, Tensor]:
    """What a tensor holds, by the shared names: itself, or several parts that lie one after the other in its rows."""
    names = shared_names(name)
    if len(names) == 1:
        return {names[0]: tensor}
    shape, size = (tensor.shape[0] // len(names), *tensor.shape[1:]), tensor.size // len(names)
    return {part: Tensor(tensor.dtype, shape, tensor.offset + at * size, size) for at, part in enumerate(names)}


def find(header: Header, name: str) -> Tensor:
    """The tensor that BertModel, RobertaModel and LongformerModel call `name`; raises KeyError."""
    if name in header.tensors:
        return header.tensors[name]
    for key, tensor in header.tensors.items():
        if name in shared_names(key):
            return parts(key, tensor)[name]
    raise KeyError(name)
