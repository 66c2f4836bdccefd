"""Writes a dense layer, as the type of its weights asks: float32 by one product, int8 by a product of whole numbers.

In int8 onnxruntime makes the input 256 whole numbers between its smallest and its largest value, when it is there:
nothing is calibrated. All rows share that scale, so that a graph in int8 takes one text alone: beside others its vector
would be another one. Rows of uneven size, as a feed-forward part makes them, are divided by their largest number before
and multiplied by it afterwards: else one outlier would spoil all rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model.graphs.nodes import Nodes, Weights

TINIEST = 1e-30  # replaces the largest number of a row of zeros


@dataclass(frozen=True)
class Dense:
    """Makes the dense layers of a graph."""

    nodes: Nodes
    weights: Weights

    def __call__(self, rows: str, name: str, biased: bool, uneven: bool = False) -> str:
        """float32[rows, outputs] of float32[rows, inputs]; `uneven` says that some rows are much larger than others."""
        weight = self.weights(f"{name}.weight")
        bias = (self.weights(f"{name}.bias"),) if biased else ()
        if self.weights.dtype(f"{name}.weight") != "I8":
            return self.nodes.add("Gemm", rows, weight, *bias, transB=1)
        if not uneven:
            return self._product(rows, name, *bias)
        add, constant = self.nodes.add, self.nodes.constant
        largest = add("ReduceMax", add("Abs", rows), constant([1]))
        largest = add("Max", largest, constant(TINIEST, np.float32))
        product = add("Mul", self._product(add("Div", rows, largest), name), largest)
        return add("Add", product, *bias) if biased else product

    def _product(self, rows: str, name: str, *bias: str) -> str:
        inputs = (rows, self.weights(f"{name}.weight"), self.weights(f"{name}.scale"), "", *bias)
        return self.nodes.add("DynamicQuantizeMatMul", *inputs, domain="com.microsoft")
