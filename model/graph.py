"""The encoder as ONNX graphs whose weights stay where they are: in the checkpoint's `model.safetensors`.

In:  `embeddings` float32[n, hidden], the sum of word, position and token-type rows, before LayerNorm; n >= 1.
Out: `cls` float32[hidden], the first row of the last layer.

A graph computes only what that row depends on. With a one-sided window of w = window // 2 tokens, the last layer is
needed for row 0 alone, the one below it for rows 0..w, the next for 0..2w, and so on: layer i of L writes
min(n, 1 + (L - 1 - i) * w) rows and reads w rows more.

There are two graphs over the same weights. Up to w + 1 tokens every token sees every other, so the short graph is
plain attention. In the long graph blocks of w queries meet their own three blocks of keys (left, own, right) under a
band mask, so that work and memory grow with n, not with its square. They are apart because reading the long one takes
as much time again as reading the short one, and a cold start most often needs only the latter.

Method: Beltagy, Peters, Cohan, "Longformer: The Long-Document Transformer", arXiv 2004.05150, and transformers'
LongformerModel with no global attention, which is the oracle in the tests.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from model.architecture import Architecture, UnsupportedModel
from similarity.safetensors_header import Header

OPSET = 20
WEIGHTS_FILE = "model.safetensors"
MASKED = -1e9  # far below any score, yet finite, so that a padded row has no NaN


@dataclass
class _Graph:
    """Nodes and small constants, in order; every value gets a name of its own."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)

    def add(self, op: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        name = f"{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], domain=domain, **attributes))
        return name

    def constant(self, value: object, dtype: type = np.int64) -> str:
        return self.add("Constant", value=numpy_helper.from_array(np.array(value, dtype=dtype)))

    def first_rows(self, value: str, count: str) -> str:
        return self.add("Slice", value, self.constant([0]), count, self.constant([0]))


def build_short(architecture: Architecture, header: Header) -> onnx.ModelProto:
    """The graph for 1 to window // 2 + 1 tokens; raises UnsupportedModel if the checkpoint lacks a tensor."""
    graph = _Graph()

    def attend(query: str, key: str, value: str, rows: str) -> str:
        batch = graph.constant([0])
        context = _attention(graph, architecture, *(graph.add("Unsqueeze", v, batch) for v in (query, key, value)))
        return graph.add("Squeeze", context, batch)

    return _encoder(graph, architecture, header, graph.add("Shape", "embeddings", end=1), attend)


def build_long(architecture: Architecture, header: Header) -> onnx.ModelProto:
    """The graph for any number of tokens from window // 2 + 1 upward; raises UnsupportedModel as build_short does."""
    graph = _Graph()
    length = graph.add("Shape", "embeddings", end=1)
    band = _band_mask(graph, architecture, length)

    def attend(query: str, key: str, value: str, rows: str) -> str:
        return _block_attention(graph, architecture, query, key, value, rows, band)

    return _encoder(graph, architecture, header, length, attend)


def _encoder(
    graph: _Graph, architecture: Architecture, header: Header, length: str, attend: Callable[[str, str, str, str], str]
) -> onnx.ModelProto:
    weights = _Weights(header)
    hidden = _norm(graph, architecture, weights, "embeddings", "embeddings.LayerNorm")
    reach = architecture.window // 2
    for layer in range(architecture.layers):
        cone = 1 + (architecture.layers - 1 - layer) * reach
        rows = graph.add("Min", length, graph.constant([cone]))
        seen = graph.add("Min", length, graph.constant([cone + reach]))
        hidden = _layer(graph, architecture, weights, layer, graph.first_rows(hidden, seen), rows, attend)
    cls = graph.add("Reshape", hidden, graph.constant([architecture.hidden]))
    graph.nodes.append(helper.make_node("Identity", [cls], ["cls"]))
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "longformer-cls",
            [helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, ["n", architecture.hidden])],
            [helper.make_tensor_value_info("cls", TensorProto.FLOAT, [architecture.hidden])],
            list(weights.used.values()),
        ),
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)],
        producer_name="model-storage",
        ir_version=10,
    )


class _Weights:
    """Initializers that point into the safetensors file, made on first use; names may carry a `longformer.` prefix."""

    def __init__(self, header: Header) -> None:
        self.header = header
        self.used: dict[str, onnx.TensorProto] = {}

    def __call__(self, name: str) -> str:
        if name not in self.used:
            tensor = self.header.tensors.get(name) or self.header.tensors.get(f"longformer.{name}")
            if tensor is None:
                raise UnsupportedModel(f"{WEIGHTS_FILE} has no tensor {name}")
            if tensor.dtype != "F32":
                raise UnsupportedModel(f"tensor {name} is {tensor.dtype}; only F32 is supported")
            proto = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=tensor.shape)
            proto.data_location = TensorProto.EXTERNAL
            for key, value in (("location", WEIGHTS_FILE), ("offset", tensor.offset), ("length", tensor.size)):
                proto.external_data.add(key=key, value=str(value))
            self.used[name] = proto
        return name


def _norm(graph: _Graph, architecture: Architecture, weights: _Weights, value: str, name: str) -> str:
    scale, bias = weights(f"{name}.weight"), weights(f"{name}.bias")
    return graph.add("LayerNormalization", value, scale, bias, epsilon=architecture.layer_norm_eps, axis=-1)


def _layer(
    graph: _Graph,
    architecture: Architecture,
    weights: _Weights,
    layer: int,
    hidden: str,
    rows: str,
    attend: Callable[[str, str, str, str], str],
) -> str:
    """One transformer layer: reads all rows of `hidden`, writes the first `rows` of them."""
    prefix = f"encoder.layer.{layer}"

    def dense(value: str, name: str) -> str:
        return graph.add("Gemm", value, weights(f"{prefix}.{name}.weight"), weights(f"{prefix}.{name}.bias"), transB=1)

    def norm(value: str, name: str) -> str:
        return _norm(graph, architecture, weights, value, f"{prefix}.{name}")

    kept = graph.first_rows(hidden, rows)
    query = dense(kept, "attention.self.query")
    key = dense(hidden, "attention.self.key")
    value = dense(hidden, "attention.self.value")
    context = attend(query, key, value, rows)
    attended = norm(graph.add("Add", dense(context, "attention.output.dense"), kept), "attention.output.LayerNorm")
    inner = graph.add("Gelu", dense(attended, "intermediate.dense"))
    return norm(graph.add("Add", dense(inner, "output.dense"), attended), "output.LayerNorm")


def _attention(graph: _Graph, architecture: Architecture, query: str, key: str, value: str, bias: str = "") -> str:
    """Multi-head attention of float32[batch, rows, hidden] inputs by onnxruntime's fused kernel."""
    return graph.add(
        "MultiHeadAttention",
        *(query, key, value, *(("", "", bias) if bias else ())),
        domain="com.microsoft",
        num_heads=architecture.heads,
        scale=1.0 / math.sqrt(architecture.hidden // architecture.heads),
    )


def _block_attention(
    graph: _Graph, architecture: Architecture, query: str, key: str, value: str, rows: str, band: str
) -> str:
    """Blocks of w queries against 3w keys: the blocks are the batch, the band mask says which keys count."""
    block, hidden = architecture.window // 2, architecture.hidden
    blocks = _count_blocks(graph, rows, block)
    padded = graph.add("Mul", blocks, graph.constant([block]))

    def pad_rows(tensor: str, left: int, total: str) -> str:
        present = graph.add("Shape", tensor, end=1)
        right = graph.add("Sub", graph.add("Sub", total, graph.constant([left])), present)
        pads = graph.add("Concat", graph.constant([left, 0]), right, graph.constant([0]), axis=0)
        return graph.add("Pad", tensor, pads)

    def windows(tensor: str) -> str:
        whole = pad_rows(tensor, block, graph.add("Add", padded, graph.constant([2 * block])))
        thirds = []
        for start in (0, block, 2 * block):
            end = graph.add("Add", padded, graph.constant([start]))
            part = graph.add("Slice", whole, graph.constant([start]), end, graph.constant([0]))
            thirds.append(graph.add("Reshape", part, graph.constant([-1, block, hidden])))
        return graph.add("Concat", *thirds, axis=1)

    queries = graph.add("Reshape", pad_rows(query, 0, padded), graph.constant([-1, block, hidden]))
    mask = graph.first_rows(band, blocks)
    context = _attention(graph, architecture, queries, windows(key), windows(value), mask)
    flat = graph.add("Reshape", context, graph.constant([-1, hidden]))
    return graph.first_rows(flat, rows)


def _count_blocks(graph: _Graph, rows: str, block: int) -> str:
    return graph.add("Div", graph.add("Add", rows, graph.constant([block - 1])), graph.constant([block]))


def _band_mask(graph: _Graph, architecture: Architecture, length: str) -> str:
    """float32[blocks, 1, w, 3w]: 0 where query q of a block may see key k of its window, else MASKED.

    Key k of block b is token (b - 1) * w + k; it is seen when it exists and lies at most w tokens from the query.
    """
    block = architecture.window // 2

    def count(end: str, step: int = 1, start: int = 0) -> str:
        steps = graph.add("Range", graph.constant(0), graph.add("Squeeze", end), graph.constant(1))
        return graph.add("Add", graph.add("Mul", steps, graph.constant(step)), graph.constant(start))

    def axes(value: str, *new: int) -> str:
        return graph.add("Unsqueeze", value, graph.constant(new))

    keys = count(graph.constant([3 * block]), start=-block)
    distance = graph.add("Sub", axes(keys, 0), axes(count(graph.constant([block])), 1))
    near = graph.add("LessOrEqual", graph.add("Abs", distance), graph.constant(block))
    token = graph.add("Add", axes(count(_count_blocks(graph, length, block), step=block), 1), axes(keys, 0))
    exists = graph.add(
        "And",
        graph.add("GreaterOrEqual", token, graph.constant(0)),
        graph.add("Less", token, length),
    )
    seen = graph.add("And", axes(near, 0, 1), axes(exists, 1, 2))
    return graph.add("Where", seen, graph.constant(0.0, np.float32), graph.constant(MASKED, np.float32))
