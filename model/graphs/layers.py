"""Writes the layers of an encoder, in the style of its family, and the attention that they need."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from model.checkpoints.architecture import Architecture
from model.graphs.dense import Dense
from model.graphs.nodes import Nodes, Weights
from model.graphs.rotary import Turns, turned, turns
from model.graphs.window import count_blocks, own_blocks, windows

Attend = Callable[[int, str, str, str], str]
"""A layer's query, key and value rows, float32[rows, hidden] each, to the context of the query rows."""


@dataclass(frozen=True)
class Layers:
    """The parts of both graphs. `count` makes int64[1], the number of tokens, where rotary positions need it."""

    architecture: Architecture
    nodes: Nodes
    weights: Weights
    count: Callable[[], str]
    dense: Dense
    _turns: dict[float, Turns] = field(default_factory=dict)

    def norm(self, value: str, name: str) -> str:
        """LayerNorm."""
        parts = ("weight", "bias") if self.architecture.style.norm_bias else ("weight",)
        inputs = [self.weights(f"{name}.{part}") for part in parts]
        epsilon = self.architecture.layer_norm_eps
        return self.nodes.add("LayerNormalization", value, *inputs, epsilon=epsilon, axis=-1)

    def layer(self, layer: int, hidden: str, kept: str, attend: Attend) -> str:
        """One transformer layer: reads the rows `hidden`, writes those that are in `kept`."""
        add, prefix = self.nodes.add, f"encoder.layer.{layer}"
        if not self.architecture.style.norm_first:
            context = self._attended(layer, hidden, kept, attend)
            attended = self.norm(add("Add", context, kept), f"{prefix}.attention.output.LayerNorm")
            return self.norm(add("Add", self._fed(prefix, attended), attended), f"{prefix}.output.LayerNorm")
        read, asking = hidden, kept
        if layer:
            read = self.norm(hidden, f"{prefix}.attn_norm")
            asking = self.norm(kept, f"{prefix}.attn_norm") if kept != hidden else read
        attended = add("Add", self._attended(layer, read, asking, attend), kept)
        return add("Add", self._fed(prefix, self.norm(attended, f"{prefix}.mlp_norm")), attended)

    def last(self, rows: str) -> str:
        """What the encoder returns of the last layer's rows."""
        return self.norm(rows, "final_norm") if self.architecture.style.norm_first else rows

    def _attended(self, layer: int, read: str, asking: str, attend: Attend) -> str:
        prefix, biased = f"encoder.layer.{layer}.attention", self.architecture.style.attention_bias
        query = self.dense(asking, f"{prefix}.self.query", biased)
        key = self.dense(read, f"{prefix}.self.key", biased)
        value = self.dense(read, f"{prefix}.self.value", biased)
        return self.dense(attend(layer, query, key, value), f"{prefix}.output.dense", biased)

    def _fed(self, prefix: str, rows: str) -> str:
        """The feed-forward part."""
        style = self.architecture.style
        inner = self.nodes.add("Gelu", self.dense(rows, f"{prefix}.intermediate.dense", style.feed_forward_bias))
        if style.gated:
            gate = self.dense(rows, f"{prefix}.intermediate.gate", style.feed_forward_bias)
            inner = self.nodes.add("Mul", inner, gate)
        return self.dense(inner, f"{prefix}.output.dense", style.feed_forward_bias, uneven=True)

    def turned(self, layer: int, rows: str) -> str:
        """Rows of float32[b, n, hidden] from the first token on, turned by their positions if these are rotary."""
        rotary = self.architecture.style.rotary
        if not rotary:
            return rows
        base, width = rotary[layer], self.architecture.hidden // self.architecture.heads
        if base not in self._turns:
            self._turns[base] = turns(self.nodes, base, width, self.count())
        return turned(self.nodes, rows, self._turns[base])

    def attention(self, query: str, key: str, value: str, bias: str = "") -> str:
        """Multi-head attention of float32[batch, rows, hidden] inputs by onnxruntime's fused kernel."""
        return self.nodes.add(
            "MultiHeadAttention",
            *(query, key, value, *(("", "", bias) if bias else ())),
            domain="com.microsoft",
            num_heads=self.architecture.heads,
            scale=1.0 / math.sqrt(self.architecture.hidden // self.architecture.heads),
        )

    def full_attention(self) -> Attend:
        """Attention of one text's queries to all keys."""
        nodes, flat = self.nodes, self.nodes.constant([-1, self.architecture.hidden])

        def attend(layer: int, query: str, key: str, value: str) -> str:
            queries, keys, values = (nodes.add("Unsqueeze", rows, nodes.constant([0])) for rows in (query, key, value))
            queries, keys = (self.turned(layer, rows) for rows in (queries, keys))
            return nodes.add("Reshape", self.attention(queries, keys, values), flat)

        return attend

    def windowed_attention(self, count: str, few: str, band: str) -> Attend:
        """Attention of `count` queries to the keys near them, which `band` marks: all at once for `few` tokens."""
        nodes, block, hidden = self.nodes, self.architecture.window // 2, self.architecture.hidden
        flat = nodes.constant([-1, hidden])

        def attend(layer: int, query: str, key: str, value: str) -> str:
            query, key = (self._turned_flat(layer, rows) for rows in (query, key))

            def at_once(inner: Nodes) -> str:
                queries, keys, values = (
                    inner.add("Unsqueeze", rows, nodes.constant([0])) for rows in (query, key, value)
                )
                ends = [inner.add("Shape", rows, end=1) for rows in (query, key)]
                end = inner.add("Concat", *ends, axis=0)
                mask = inner.add("Slice", band, nodes.constant([0, 0]), end, nodes.constant([2, 3]))
                return inner.add("Reshape", replace(self, nodes=inner).attention(queries, keys, values, mask), flat)

            def in_blocks(inner: Nodes) -> str:
                blocks = count_blocks(inner, count, block)
                queries = own_blocks(inner, query, blocks, block, hidden)
                keys, values = (windows(inner, rows, blocks, block, hidden) for rows in (key, value))
                mask = inner.first_rows(band, blocks)
                context = replace(self, nodes=inner).attention(queries, keys, values, mask)
                return inner.first_rows(inner.add("Reshape", context, flat), count)

            return nodes.either(few, at_once, in_blocks)

        return attend

    def _turned_flat(self, layer: int, rows: str) -> str:
        """Rows of float32[n, hidden], turned."""
        if not self.architecture.style.rotary:
            return rows
        text = self.nodes.add("Unsqueeze", rows, self.nodes.constant([0]))
        return self.nodes.add("Squeeze", self.turned(layer, text), self.nodes.constant([0]))
