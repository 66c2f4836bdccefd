"""Turns the columns of queries and keys by an angle that grows with a token's position.

Method: Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding", arXiv 2104.09864. A pair are columns
i and i + width / 2 of a head.
"""

from __future__ import annotations

import numpy as np

from model.graphs.nodes import Nodes

Turns = tuple[str, str]
"""float32[n, width / 2] each: cosine and sine of each position's angles."""


def turns(nodes: Nodes, base: float, width: int, count: str) -> Turns:
    """The turns of n positions from 0 on for heads of `width` columns; `count` is int64[1] with n."""
    steps = np.arange(0, width, 2, dtype=np.float32) / np.float32(width)
    rates = np.float32(1.0) / np.power(np.float32(base), steps)
    positions = nodes.add("Range", nodes.constant(0), nodes.add("Squeeze", count), nodes.constant(1))
    numbers = nodes.add("Unsqueeze", nodes.add("Cast", positions, to=1), nodes.constant([1]))
    angles = nodes.add("Mul", numbers, nodes.constant(rates, np.float32))
    return nodes.add("Cos", angles), nodes.add("Sin", angles)


def turned(nodes: Nodes, rows: str, by: Turns) -> str:
    """float32[b, n, hidden], whose rows have the positions from 0 on, by onnxruntime's fused kernel."""
    return nodes.add("RotaryEmbedding", rows, nodes.constant([0]), *by, domain="com.microsoft")
