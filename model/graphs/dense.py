"""Writes a dense layer, as the type of its weights asks: float32 by one product, int8 by a product of whole numbers.

In int8 every row of the input is made whole numbers by its own largest value, when it is there: nothing is calibrated,
an outlier spoils its own row alone, and a text's vector does not depend on the texts beside it. What is kept of a row
is -127 to 127, shifted by 128, because the kernel wants unsigned bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from model.graphs.nodes import Nodes, Weights

ZERO, LARGEST = 128, 127
TINIEST = 1e-30  # replaces the largest value of a row of zeros


@dataclass(frozen=True)
class _Whole:
    """Rows as uint8[rows, columns], and float32[rows, 1], by which they are multiplied to get the rows again."""

    numbers: str
    scale: str


@dataclass(frozen=True)
class Dense:
    """Makes the dense layers of a graph."""

    nodes: Nodes
    weights: Weights
    _made: dict[str, _Whole] = field(default_factory=dict)

    def __call__(self, rows: str, name: str, biased: bool) -> str:
        """float32[rows, outputs] of float32[rows, inputs]."""
        weight = self.weights(f"{name}.weight")
        bias = (self.weights(f"{name}.bias"),) if biased else ()
        if self.weights.dtype(f"{name}.weight") != "I8":
            return self.nodes.add("Gemm", rows, weight, *bias, transB=1)
        whole = self._whole(rows)
        product = self.nodes.add(
            "MatMulIntegerToFloat",
            *(whole.numbers, weight, self.nodes.constant(1.0, np.float32), self.weights(f"{name}.scale")),
            self.nodes.constant(ZERO, np.uint8),
            domain="com.microsoft",
        )
        product = self.nodes.add("Mul", product, whole.scale)
        return self.nodes.add("Add", product, *bias) if biased else product

    def _whole(self, rows: str) -> _Whole:
        """The rows as whole numbers, made once for all layers that read them."""
        if rows not in self._made:
            add, constant = self.nodes.add, self.nodes.constant
            ends = (add("ReduceMax", rows, constant([1])), add("Neg", add("ReduceMin", rows, constant([1]))))
            largest = add("Max", *ends, constant(TINIEST, np.float32))
            scale = add("Mul", largest, constant(1 / LARGEST, np.float32))
            flat = add("Squeeze", scale, constant([1]))
            zero = add("Expand", constant(ZERO, np.uint8), add("Shape", flat))
            self._made[rows] = _Whole(add("QuantizeLinear", rows, flat, zero, axis=0), scale)
        return self._made[rows]
