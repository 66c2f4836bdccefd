"""Collects the parts of an ONNX graph: nodes in order, small constants, and weights that stay in the checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from contract.bundle import WEIGHTS
from model.base.errors import UnsupportedModel
from similarity.bundle.encoder_tensors import find
from similarity.bundle.safetensors_header import Header

OPSET = 20
KINDS = {"F32": TensorProto.FLOAT, "F16": TensorProto.FLOAT, "I8": TensorProto.INT8}
"""The types that the weights have in a graph; the engine makes those in float16 float32."""


@dataclass
class Nodes:
    """Nodes in order; every value gets a name of its own, and a constant is written once."""

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    outer: Nodes | None = None  # the nodes around a branch, whose values it may use
    scope: str = ""
    _constants: dict[tuple[str, bytes, tuple[int, ...]], str] = field(default_factory=dict)

    def add(self, op: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        name = f"{self.scope}{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], domain=domain, **attributes))
        return name

    def constant(self, value: object, dtype: type = np.int64) -> str:
        if self.outer:
            return self.outer.constant(value, dtype)
        array: np.ndarray = np.array(value, dtype=dtype)
        key = (array.dtype.str, array.tobytes(), array.shape)
        if key not in self._constants:
            self._constants[key] = self.add("Constant", value=numpy_helper.from_array(array))
        return self._constants[key]

    def either(self, condition: str, then: Callable[[Nodes], str], otherwise: Callable[[Nodes], str]) -> str:
        """The value of `then` if `condition` holds, else that of `otherwise`; only one of them is computed."""
        branches = {}
        for name, make in (("then_branch", then), ("else_branch", otherwise)):
            inner = Nodes(outer=self, scope=f"{self.scope}{name}_{len(self.nodes)}_")
            made = helper.make_empty_tensor_value_info(make(inner))
            branches[name] = helper.make_graph(inner.nodes, name, [], [made])
        return self.add("If", condition, **branches)

    def first_rows(self, value: str, count: str) -> str:
        return self.add("Slice", value, self.constant([0]), count, self.constant([0]))


class Weights:
    """Initializers that point into the safetensors file, made on first use; raises UnsupportedModel."""

    def __init__(self, header: Header) -> None:
        self.header = header
        self.used: dict[str, onnx.TensorProto] = {}

    def __call__(self, name: str) -> str:
        if name not in self.used:
            try:
                tensor = find(self.header, name)
            except KeyError:
                raise UnsupportedModel(f"{WEIGHTS} has no tensor {name}") from None
            if tensor.dtype not in KINDS:
                raise UnsupportedModel(f"tensor {name} is {tensor.dtype}; {', '.join(KINDS)} are supported")
            proto = TensorProto(name=name, data_type=KINDS[tensor.dtype], dims=tensor.shape)
            proto.data_location = TensorProto.EXTERNAL
            for key, value in (("location", WEIGHTS), ("offset", tensor.offset), ("length", tensor.size)):
                proto.external_data.add(key=key, value=str(value))
            self.used[name] = proto
        return name

    def dtype(self, name: str) -> str:
        """The type of a tensor in the file, by its name in safetensors."""
        return find(self.header, name).dtype

    @property
    def texts(self) -> str | int:
        """How many texts a graph takes at once: any number `b`, but one alone in int8, as `dense.py` explains."""
        return 1 if any(tensor.dtype == "I8" for tensor in self.header.tensors.values()) else "b"


def model_of(
    nodes: Nodes, weights: Weights, result: str, given: tuple[str | int, ...], made: tuple[str | int, ...]
) -> onnx.ModelProto:
    """The graph from `embeddings` of shape `given` to `cls`, the value `result` of shape `made`."""
    nodes.nodes.append(helper.make_node("Identity", [result], ["cls"]))
    return helper.make_model(
        helper.make_graph(
            nodes.nodes,
            "encoder",
            [helper.make_tensor_value_info("embeddings", TensorProto.FLOAT, given)],
            [helper.make_tensor_value_info("cls", TensorProto.FLOAT, made)],
            list(weights.used.values()),
        ),
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)],
        producer_name="model-storage",
        ir_version=10,
    )
