"""Reads the shape of an encoder from a checkpoint's `config.json`, or says why it cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model.base import documents
from model.base.errors import UnsupportedModel
from model.families import BERT_STYLE, Style, by_model_type

ONLY: Mapping[str, tuple[object, ...]] = {
    "hidden_act": ("gelu",),
    "position_embedding_type": ("absolute",),
    "dtype": ("float32", None),  # transformers computes with what it says, whatever the weights have
    "torch_dtype": ("float32", None),
    "is_decoder": (False,),
    "is_encoder_decoder": (False,),
    "add_cross_attention": (False,),
    "pruned_heads": ({}, None),
    "quantization_config": (None,),
    "auto_map": (None,),  # code of its own
}
"""Fields of `config.json` that may be missing, and the values of each that the graph implements."""
MOST_LAYERS = 1000
MISSING = {
    "albert": "one layer that is used many times",
    "big_bird": "attention to random tokens",
    "deberta": "its attention, which also depends on relative positions",
    "deberta-v2": "its attention, which also depends on relative positions",
    "eurobert": "norms by the root of the mean square",
    "gte": "its names of tensors",
    "nomic_bert": "its names of tensors",
    "roformer": "its rotary positions, which turn neighbouring columns",
    "t5": "norms by the root of the mean square",
    "xlnet": "attention to two streams",
}
"""What the graph lacks for encoders that people often name, by their `model_type`."""


@dataclass(frozen=True)
class Architecture:
    """An encoder's dimensions, and `pooling`, which makes one vector of the last layer, as in the manifest.

    `window` is the two-sided attention window of `config.json` (512): a token sees `window // 2` tokens on either side,
    both ends included; 0 if it sees all. `padding_id` is the token without a position, -1 if all have one.
    `relative_buckets` is the number of distances that attention tells apart, 0 for none. `style` says how the layers
    are made, and `prefix` precedes the tensors' names in a checkpoint with the head of a task.
    """

    layers: int = 12
    hidden: int = 768
    heads: int = 12
    intermediate: int = 3072
    vocabulary: int = 50265
    positions: int = 4098
    window: int = 512
    padding_id: int = 1
    layer_norm_eps: float = 1e-5
    family: str = "longformer"
    pooling: str = "cls"
    token_types: bool = True
    relative_buckets: int = 0
    style: Style = BERT_STYLE
    prefix: str = "longformer"

    @property
    def max_tokens(self) -> int:
        """The longest input, special tokens included: positions count from `padding_id + 1`."""
        return self.positions - self.padding_id - 1

    @classmethod
    def from_config(cls, config: Mapping[str, Any], pooling: str = "cls") -> Architecture:
        """Read `config.json`; raises UnsupportedModel, naming the field, if the graph does not implement it."""
        family = by_model_type().get(str(config.get("model_type")))
        if family is None:
            raise UnsupportedModel(_unknown(config.get("model_type")))
        config = family.read(config)
        for field, only in {**ONLY, **family.only}.items():
            if field in config and config[field] not in only:
                raise UnsupportedModel(f"{field} is {documents.shown(config[field])}; only {only[0]!r} is supported")
        try:
            layers = int(config["num_hidden_layers"])
            if not 1 <= layers <= MOST_LAYERS:
                raise UnsupportedModel(f"num_hidden_layers is {layers}; 1 to {MOST_LAYERS} are supported")
            shape = cls(
                layers=layers,
                hidden=int(config["hidden_size"]),
                heads=int(config["num_attention_heads"]),
                intermediate=int(config["intermediate_size"]),
                vocabulary=int(config["vocab_size"]),
                positions=int(config["max_position_embeddings"]),
                window=family.window(config),
                padding_id=-1 if family.padding_takes_a_position else int(config["pad_token_id"]),
                layer_norm_eps=float(config.get("layer_norm_eps", family.layer_norm_eps)),
                family=family.name,
                token_types=family.token_types,
                relative_buckets=family.relative_buckets,
                style=family.style(config),
                prefix=family.prefix or family.name,
                pooling=pooling,
            )
            shape._check(embedding=int(config.get("embedding_size", shape.hidden)))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise UnsupportedModel(f"config.json cannot be used: {type(error).__name__}: {error}") from None
        return shape

    def _check(self, embedding: int) -> None:
        if embedding != self.hidden:
            raise UnsupportedModel(f"embedding_size is {embedding}; only that of hidden_size, {self.hidden}, works")
        if min(self.heads, self.intermediate, self.vocabulary) < 1 or self.hidden % self.heads:
            raise UnsupportedModel(f"config.json cannot be used: {self.heads} heads do not share {self.hidden} columns")
        if self.style.rotary and self.hidden // self.heads % 2:
            raise UnsupportedModel(
                f"a head has {self.hidden // self.heads} columns; rotary positions need an even number"
            )
        if self.window > 2 * self.positions:
            raise UnsupportedModel(f"attention_window is {self.window}; the model has {self.positions} positions")
        if self.max_tokens < 2:
            raise UnsupportedModel(f"max_position_embeddings is {self.positions}; that holds no text")


def _unknown(model_type: object) -> str:
    lacks = MISSING.get(model_type) if isinstance(model_type, str) else None
    words = f"model_type is {documents.shown(model_type)}"
    known = f"supported are {', '.join(sorted(by_model_type()))}"
    return f"{words}, of which the encoder graph lacks {lacks}; {known}" if lacks else f"{words}; {known}"


FULL = Architecture()
"""allenai/longformer-base-4096: 148,659,456 parameters."""

TINY = Architecture(layers=2, hidden=64, heads=4, intermediate=128, vocabulary=1000, positions=1026, window=64)
"""Two layers, for tests: small enough to build in a second, long enough for the sliding window to slide."""
