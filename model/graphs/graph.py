"""Writes the encoder as ONNX graphs whose weights stay in the checkpoint's `model.safetensors`.

`embeddings`, the input, are sums of word, position and token-type rows, before LayerNorm. The output is called `cls`:
the first row of the last layer or, if the checkpoint is pooled otherwise, what `pooling.py` makes of its rows.

    short graph: float32[b, n, hidden] -> float32[b, hidden], b texts of n tokens each, in which every token sees
                 every other one; n >= 1
    long graph:  float32[n, hidden] -> float32[hidden], one text of any n > window // 2, with a sliding window

Only models with a window have a long graph. There are two because reading the long one takes as much time again as
reading the short one, and a cold start mostly needs only the short one.

A graph computes only what its output depends on. The first row of the last layer depends, with a one-sided window of w
= window // 2 tokens, on rows 0..w of the layer below it, on rows 0..2w of the next one, and so on: layer i of L writes
min(n, 1 + (L - 1 - i) * w) rows and reads w rows more. Any other pooling needs all rows.

The tests compare with transformers' own model of each family; Longformer without global attention.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import onnx

from model.checkpoints.architecture import Architecture
from model.graphs import relative
from model.graphs.nodes import Nodes, Weights, model_of
from model.graphs.pooling import POOLS
from model.graphs.window import band_mask, count_blocks, full_mask, own_blocks, windows
from similarity.bundle.safetensors_header import Header

Attend = Callable[[str, str, str], str]
"""Query, key and value rows, float32[rows, hidden] each, to the context of the query rows."""


def build_short(architecture: Architecture, header: Header) -> onnx.ModelProto:
    """The graph with full attention; raises UnsupportedModel if the checkpoint lacks a tensor."""
    encoder = _Encoder(architecture, Nodes(), Weights(header))
    nodes, hidden = encoder.nodes, architecture.hidden
    shape = nodes.add("Shape", "embeddings")
    flat = nodes.constant([-1, hidden])

    near = ""
    if architecture.relative_buckets:
        near = relative.bias(nodes, encoder.weights, architecture, nodes.add("Shape", "embeddings", start=1, end=2))

    def attend(query: str, key: str, value: str, query_shape: str = shape, bias: str = near) -> str:
        shapes = ((query, query_shape), (key, shape), (value, shape))
        queries, keys, values = (nodes.add("Reshape", rows, of) for rows, of in shapes)
        return nodes.add("Reshape", encoder.attention(queries, keys, values, bias), flat)

    def attend_first(query: str, key: str, value: str) -> str:
        one = [nodes.constant([at]) for at in (0, 1, 2)]  # the first query's biases, of all keys
        bias = nodes.add("Slice", near, one[0], one[1], one[2]) if near else ""
        return attend(query, key, value, nodes.constant([-1, 1, hidden]), bias)

    rows = nodes.add("Reshape", encoder.norm("embeddings", "embeddings.LayerNorm"), flat)
    for layer in range(architecture.layers - 1):
        rows = encoder.layer(layer, rows, rows, attend)
    if architecture.pooling == "cls":
        first = nodes.add("Gather", nodes.add("Reshape", rows, shape), nodes.constant(0), axis=1)
        result = encoder.layer(architecture.layers - 1, rows, first, attend_first)
    else:
        rows = encoder.layer(architecture.layers - 1, rows, rows, attend)
        result = POOLS[architecture.pooling](nodes, nodes.add("Reshape", rows, shape), 1)
    return model_of(nodes, encoder.weights, result, ("b", "n", hidden), ("b", hidden))


def build_long(architecture: Architecture, header: Header) -> onnx.ModelProto:
    """The graph with a sliding window; raises UnsupportedModel as build_short does."""
    encoder = _Encoder(architecture, Nodes(), Weights(header))
    nodes, hidden, reach = encoder.nodes, architecture.hidden, architecture.window // 2
    length = nodes.add("Shape", "embeddings", end=1)
    few = nodes.add("LessOrEqual", length, nodes.constant([3 * reach]))  # one block's keys would be all tokens
    band = nodes.either(
        few,
        lambda inner: full_mask(inner, length, reach),
        lambda inner: band_mask(inner, architecture, length),
    )
    rows = encoder.norm("embeddings", "embeddings.LayerNorm")
    for layer in range(architecture.layers):
        kept, count = rows, length
        if architecture.pooling == "cls":
            cone = 1 + (architecture.layers - 1 - layer) * reach
            count = nodes.add("Min", length, nodes.constant([cone]))
            rows = nodes.first_rows(rows, nodes.add("Min", length, nodes.constant([cone + reach])))
            kept = nodes.first_rows(rows, count)
        rows = encoder.layer(layer, rows, kept, encoder.windowed_attention(count, few, band))
    if architecture.pooling == "cls":
        result = nodes.add("Reshape", rows, nodes.constant([hidden]))
    else:
        result = POOLS[architecture.pooling](nodes, rows, 0)
    return model_of(nodes, encoder.weights, result, ("n", hidden), (hidden,))


@dataclass(frozen=True)
class _Encoder:
    """The parts of both graphs."""

    architecture: Architecture
    nodes: Nodes
    weights: Weights

    def norm(self, value: str, name: str) -> str:
        scale, bias = self.weights(f"{name}.weight"), self.weights(f"{name}.bias")
        epsilon = self.architecture.layer_norm_eps
        return self.nodes.add("LayerNormalization", value, scale, bias, epsilon=epsilon, axis=-1)

    def layer(self, layer: int, hidden: str, kept: str, attend: Attend) -> str:
        """One transformer layer: reads the rows `hidden`, writes those that are in `kept`."""
        nodes, prefix = self.nodes, f"encoder.layer.{layer}"

        def dense(value: str, name: str) -> str:
            weight, bias = (self.weights(f"{prefix}.{name}.{part}") for part in ("weight", "bias"))
            return nodes.add("Gemm", value, weight, bias, transB=1)

        query = dense(kept, "attention.self.query")
        key = dense(hidden, "attention.self.key")
        value = dense(hidden, "attention.self.value")
        context = dense(attend(query, key, value), "attention.output.dense")
        attended = self.norm(nodes.add("Add", context, kept), f"{prefix}.attention.output.LayerNorm")
        inner = nodes.add("Gelu", dense(attended, "intermediate.dense"))
        return self.norm(nodes.add("Add", dense(inner, "output.dense"), attended), f"{prefix}.output.LayerNorm")

    def attention(self, query: str, key: str, value: str, bias: str = "") -> str:
        """Multi-head attention of float32[batch, rows, hidden] inputs by onnxruntime's fused kernel."""
        return self.nodes.add(
            "MultiHeadAttention",
            *(query, key, value, *(("", "", bias) if bias else ())),
            domain="com.microsoft",
            num_heads=self.architecture.heads,
            scale=1.0 / math.sqrt(self.architecture.hidden // self.architecture.heads),
        )

    def windowed_attention(self, count: str, few: str, band: str) -> Attend:
        """Attention of `count` queries to the keys near them, which `band` marks: all at once for `few` tokens."""
        nodes, block, hidden = self.nodes, self.architecture.window // 2, self.architecture.hidden
        flat = nodes.constant([-1, hidden])

        def attend(query: str, key: str, value: str) -> str:
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
