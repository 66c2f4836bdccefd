"""Writes the encoder as ONNX graphs whose weights stay in the checkpoint's `model.safetensors`.

`embeddings`, the input, are sums of word, position and token-type rows, before LayerNorm. The output is called `cls`:
the first row of the last layer or, if the checkpoint is pooled otherwise, what `pooling.py` makes of its rows.

    short graph: float32[b, n, hidden] -> float32[b, hidden], b texts of n tokens each, in which every token sees
                 every other one; n >= 1. In int8 b is 1
    long graph:  float32[n, hidden] -> float32[hidden], one text of any n > window // 2, with a sliding window

Only models with a window have a long graph. There are two because reading the long one takes as much time again as
reading the short one, and a cold start mostly needs only the short one.

A graph computes only what its output depends on. The first row of the last layer depends, with a one-sided window of w
= window // 2 tokens, on rows 0..w of the layer below it, on rows 0..2w of the next one, and so on: layer i of L writes
min(n, 1 + (L - 1 - i) * w) rows and reads w rows more. Any other pooling needs all rows, and so does a layer in which
the window does not count.

The tests compare with transformers' own model of each family; Longformer without global attention.
"""

from __future__ import annotations

from collections.abc import Callable

import onnx

from model.checkpoints.architecture import Architecture
from model.graphs import relative
from model.graphs.dense import Dense
from model.graphs.layers import Layers
from model.graphs.nodes import Nodes, Weights, model_of
from model.graphs.pooling import POOLS
from model.graphs.window import band_mask, full_mask
from similarity.bundle.safetensors_header import Header


def build_short(architecture: Architecture, header: Header) -> onnx.ModelProto:
    """The graph with full attention; raises UnsupportedModel if the checkpoint lacks a tensor."""
    nodes, hidden = Nodes(), architecture.hidden
    shape = nodes.add("Shape", "embeddings")
    flat = nodes.constant([-1, hidden])
    layers = _layers(architecture, nodes, header, lambda: nodes.add("Shape", "embeddings", start=1, end=2))

    near = ""
    if architecture.relative_buckets:
        near = relative.bias(nodes, layers.weights, architecture, nodes.add("Shape", "embeddings", start=1, end=2))

    def attend(layer: int, query: str, key: str, value: str, query_shape: str = shape, bias: str = near) -> str:
        shapes = ((query, query_shape), (key, shape), (value, shape))
        queries, keys, values = (nodes.add("Reshape", rows, of) for rows, of in shapes)
        queries, keys = (layers.turned(layer, rows) for rows in (queries, keys))
        return nodes.add("Reshape", layers.attention(queries, keys, values, bias), flat)

    def attend_first(layer: int, query: str, key: str, value: str) -> str:
        one = [nodes.constant([at]) for at in (0, 1, 2)]  # the first query's biases, of all keys
        bias = nodes.add("Slice", near, one[0], one[1], one[2]) if near else ""
        return attend(layer, query, key, value, nodes.constant([-1, 1, hidden]), bias)

    rows = nodes.add("Reshape", layers.norm("embeddings", "embeddings.LayerNorm"), flat)
    for layer in range(architecture.layers - 1):
        rows = layers.layer(layer, rows, rows, attend)
    if architecture.pooling == "cls":
        first = nodes.add("Gather", nodes.add("Reshape", rows, shape), nodes.constant(0), axis=1)
        result = layers.last(layers.layer(architecture.layers - 1, rows, first, attend_first))
    else:
        rows = layers.last(layers.layer(architecture.layers - 1, rows, rows, attend))
        result = POOLS[architecture.pooling](nodes, nodes.add("Reshape", rows, shape), 1)
    texts = layers.weights.texts
    return model_of(nodes, layers.weights, result, (texts, "n", hidden), (texts, hidden))


def build_long(architecture: Architecture, header: Header) -> onnx.ModelProto:
    """The graph with a sliding window; raises UnsupportedModel as build_short does."""
    nodes, hidden, reach = Nodes(), architecture.hidden, architecture.window // 2
    length = nodes.add("Shape", "embeddings", end=1)
    layers = _layers(architecture, nodes, header, lambda: length)
    few = nodes.add("LessOrEqual", length, nodes.constant([3 * reach]))  # one block's keys would be all tokens
    band = nodes.either(
        few,
        lambda inner: full_mask(inner, length, reach),
        lambda inner: band_mask(inner, architecture, length),
    )
    rows = layers.norm("embeddings", "embeddings.LayerNorm")
    for layer, written in enumerate(_written(architecture)):
        unlimited = layer in architecture.style.unlimited
        kept, count = rows, length
        if written:
            count = nodes.add("Min", length, nodes.constant([written]))
            if not unlimited:
                rows = nodes.first_rows(rows, nodes.add("Min", length, nodes.constant([written + reach])))
            kept = nodes.first_rows(rows, count)
        attend = layers.full_attention() if unlimited else layers.windowed_attention(count, few, band)
        rows = layers.layer(layer, rows, kept, attend)
    rows = layers.last(rows)
    if architecture.pooling == "cls":
        result = nodes.add("Reshape", rows, nodes.constant([hidden]))
    else:
        result = POOLS[architecture.pooling](nodes, rows, 0)
    return model_of(nodes, layers.weights, result, ("n", hidden), (hidden,))


def _layers(architecture: Architecture, nodes: Nodes, header: Header, count: Callable[[], str]) -> Layers:
    weights = Weights(header)
    return Layers(architecture, nodes, weights, count, Dense(nodes, weights))


def _written(architecture: Architecture) -> list[int]:
    """How many rows each layer must write at most, 0 for all."""
    rows = [1 if architecture.pooling == "cls" else 0]
    for layer in reversed(range(1, architecture.layers)):
        limited = rows[0] and layer not in architecture.style.unlimited
        rows.insert(0, rows[0] + architecture.window // 2 if limited else 0)
    return rows
