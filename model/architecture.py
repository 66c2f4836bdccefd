"""The shape of a Longformer checkpoint: what its `config.json` says and which tensors follow from that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from model.errors import BuildError


class UnsupportedModel(BuildError):
    """The checkpoint is of a kind that the encoder graph cannot express."""


@dataclass(frozen=True)
class Architecture:
    """A Longformer encoder's dimensions, and `pooling`: "cls" for the first row of the last layer, "mean" for all.

    `window` is the two-sided attention window of `config.json` (512): a token sees `window // 2` tokens on either side
    of it, both ends included. `max_tokens` is the longest input, special tokens included: RoBERTa-style position ids
    start at `pad_token_id + 1`, so it is `positions - pad_token_id - 1`.
    """

    layers: int = 12
    hidden: int = 768
    heads: int = 12
    intermediate: int = 3072
    vocabulary: int = 50265
    positions: int = 4098
    window: int = 512
    pad_token_id: int = 1
    layer_norm_eps: float = 1e-5
    pooling: str = "cls"

    @property
    def max_tokens(self) -> int:
        return self.positions - self.pad_token_id - 1

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Architecture:
        """Read `config.json`; raises UnsupportedModel, naming the field, where the graph cannot follow it."""
        if config.get("model_type") != "longformer":
            raise UnsupportedModel(f"model_type is {config.get('model_type')!r}; only 'longformer' is supported")
        if config.get("hidden_act", "gelu") != "gelu":
            raise UnsupportedModel(f"hidden_act is {config['hidden_act']!r}; only 'gelu' is supported")
        try:
            return cls._from_fields(config)
        except (KeyError, TypeError, ValueError) as error:
            raise UnsupportedModel(f"config.json cannot be used: {type(error).__name__}: {error}") from None

    @classmethod
    def _from_fields(cls, config: Mapping[str, Any]) -> Architecture:
        layers = int(config["num_hidden_layers"])
        window = config["attention_window"]
        windows = {int(window)} if isinstance(window, int) else {int(w) for w in window[:layers]}
        if len(windows) != 1 or min(windows) % 2 or min(windows) < 2:
            raise UnsupportedModel(f"attention_window is {window!r}; one even window for all layers is supported")
        return cls(
            layers=layers,
            hidden=int(config["hidden_size"]),
            heads=int(config["num_attention_heads"]),
            intermediate=int(config["intermediate_size"]),
            vocabulary=int(config["vocab_size"]),
            positions=int(config["max_position_embeddings"]),
            window=windows.pop(),
            pad_token_id=int(config["pad_token_id"]),
            layer_norm_eps=float(config.get("layer_norm_eps", 1e-12)),
        )

    def config(self) -> dict[str, Any]:
        """The `config.json` of a checkpoint of this architecture, as the Hub's longformer-base-4096 has it."""
        return {
            "architectures": ["LongformerModel"],
            "attention_probs_dropout_prob": 0.1,
            "attention_window": [self.window] * self.layers,
            "bos_token_id": 0,
            "eos_token_id": 2,
            "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1,
            "hidden_size": self.hidden,
            "initializer_range": 0.02,
            "intermediate_size": self.intermediate,
            "layer_norm_eps": self.layer_norm_eps,
            "max_position_embeddings": self.positions,
            "model_type": "longformer",
            "num_attention_heads": self.heads,
            "num_hidden_layers": self.layers,
            "pad_token_id": self.pad_token_id,
            "sep_token_id": 2,
            "type_vocab_size": 1,
            "vocab_size": self.vocabulary,
        }

    def tensors(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every tensor, in the alphabetical order in which safetensors stores them (all float32)."""
        return dict(sorted(self._tensors()))

    def _tensors(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        def dense(name: str, outputs: int, inputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
            yield f"{name}.weight", (outputs, inputs)
            yield f"{name}.bias", (outputs,)

        def norm(name: str) -> Iterator[tuple[str, tuple[int, ...]]]:
            yield f"{name}.weight", (self.hidden,)
            yield f"{name}.bias", (self.hidden,)

        yield "embeddings.word_embeddings.weight", (self.vocabulary, self.hidden)
        yield "embeddings.position_embeddings.weight", (self.positions, self.hidden)
        yield "embeddings.token_type_embeddings.weight", (1, self.hidden)
        yield from norm("embeddings.LayerNorm")
        for layer in range(self.layers):
            prefix = f"encoder.layer.{layer}"
            for projection in ("query", "key", "value", "query_global", "key_global", "value_global"):
                yield from dense(f"{prefix}.attention.self.{projection}", self.hidden, self.hidden)
            yield from dense(f"{prefix}.attention.output.dense", self.hidden, self.hidden)
            yield from norm(f"{prefix}.attention.output.LayerNorm")
            yield from dense(f"{prefix}.intermediate.dense", self.intermediate, self.hidden)
            yield from dense(f"{prefix}.output.dense", self.hidden, self.intermediate)
            yield from norm(f"{prefix}.output.LayerNorm")
        yield from dense("pooler.dense", self.hidden, self.hidden)


FULL = Architecture()
"""allenai/longformer-base-4096: 148,659,456 parameters."""

TINY = Architecture(layers=2, hidden=64, heads=4, intermediate=128, vocabulary=1000, positions=1026, window=64)
"""Two layers, for tests: small enough to build in a second, long enough for the sliding window to slide."""
