"""Makes one vector of an encoder's rows, by each pooling that needs all of them; "cls" is the first row."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from onnx import TensorProto

from model.graphs.nodes import Nodes

Pool = Callable[[Nodes, str, int], str]
"""float32[…, n, hidden], whose rows are in the given axis, to float32[…, hidden]."""


def last(nodes: Nodes, rows: str, axis: int) -> str:
    """The row of the last token, which is the one after the text."""
    return nodes.add("Gather", rows, nodes.constant(-1), axis=axis)


def mean(nodes: Nodes, rows: str, axis: int) -> str:
    """The mean of all rows."""
    return nodes.add("ReduceMean", rows, nodes.constant([axis]), keepdims=0)


def largest(nodes: Nodes, rows: str, axis: int) -> str:
    """The largest value of each column."""
    return nodes.add("ReduceMax", rows, nodes.constant([axis]), keepdims=0)


def weighted_mean(nodes: Nodes, rows: str, axis: int) -> str:
    """The mean of all rows, the first one counted once, the second one twice and so on."""
    count = nodes.add("Squeeze", nodes.add("Shape", rows, start=axis, end=axis + 1))
    numbers = nodes.add("Range", nodes.constant(1), nodes.add("Add", count, nodes.constant(1)), nodes.constant(1))
    weights = nodes.add("Cast", numbers, to=TensorProto.FLOAT)
    weighted = nodes.add("Mul", rows, nodes.add("Unsqueeze", weights, nodes.constant([1])))
    total = nodes.add("ReduceSum", weights, nodes.constant([0]), keepdims=0)
    return nodes.add("Div", nodes.add("ReduceSum", weighted, nodes.constant([axis]), keepdims=0), total)


POOLS: Mapping[str, Pool] = {
    "mean": mean,
    "max": largest,
    "weightedmean": weighted_mean,
    "lasttoken": last,
}
