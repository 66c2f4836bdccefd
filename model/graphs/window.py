"""Computes sliding-window attention: blocks of queries meet three blocks of keys (left, own, right) under a band mask.

Work and memory grow with the number of tokens, not with its square.
Method: Beltagy, Peters, Cohan, "Longformer: The Long-Document Transformer", arXiv 2004.05150.
"""

from __future__ import annotations

import numpy as np

from model.checkpoints.architecture import Architecture
from model.graphs.nodes import Nodes

MASKED = -1e9  # far below any score, yet finite, so that a padded row has no NaN


def windows(nodes: Nodes, tensor: str, blocks: str, block: int, hidden: int) -> str:
    """float32[blocks, 3 * block, hidden]: each block of rows of float32[n, hidden] with its neighbours, padded."""
    padded = nodes.add("Mul", blocks, nodes.constant([block]))
    whole = pad_rows(nodes, tensor, block, nodes.add("Add", padded, nodes.constant([2 * block])))
    thirds = []
    for start in (0, block, 2 * block):
        end = nodes.add("Add", padded, nodes.constant([start]))
        part = nodes.add("Slice", whole, nodes.constant([start]), end, nodes.constant([0]))
        thirds.append(nodes.add("Reshape", part, nodes.constant([-1, block, hidden])))
    return nodes.add("Concat", *thirds, axis=1)


def own_blocks(nodes: Nodes, tensor: str, blocks: str, block: int, hidden: int) -> str:
    """float32[blocks, block, hidden]: the rows of float32[n, hidden] in blocks, the last one padded."""
    whole = pad_rows(nodes, tensor, 0, nodes.add("Mul", blocks, nodes.constant([block])))
    return nodes.add("Reshape", whole, nodes.constant([-1, block, hidden]))


def pad_rows(nodes: Nodes, tensor: str, left: int, total: str) -> str:
    """`total` rows of zeros with the tensor's own rows from row `left` on; rows that do not fit are cut off."""
    present = nodes.add("Shape", tensor, end=1)
    right = nodes.add("Sub", nodes.add("Sub", total, nodes.constant([left])), present)
    pads = nodes.add("Concat", nodes.constant([left, 0]), right, nodes.constant([0]), axis=0)
    return nodes.add("Pad", tensor, pads)


def count_blocks(nodes: Nodes, rows: str, block: int) -> str:
    """int64[1]: how many blocks hold `rows` rows."""
    return nodes.add("Div", nodes.add("Add", rows, nodes.constant([block - 1])), nodes.constant([block]))


def band_mask(nodes: Nodes, architecture: Architecture, length: str) -> str:
    """float32[blocks, 1, w, 3w]: 0 where query q of a block may see key k of its window, else MASKED.

    Key k of block b is token (b - 1) * w + k; it is seen when it exists and lies at most w tokens from the query.
    """
    block = architecture.window // 2

    keys = _count(nodes, nodes.constant([3 * block]), start=-block)
    near = _near(nodes, _count(nodes, nodes.constant([block])), keys, block)
    first = _count(nodes, count_blocks(nodes, length, block), step=block)
    token = nodes.add("Add", _axes(nodes, first, 1), _axes(nodes, keys, 0))
    exists = nodes.add(
        "And",
        nodes.add("GreaterOrEqual", token, nodes.constant(0)),
        nodes.add("Less", token, length),
    )
    return _bias(nodes, nodes.add("And", _axes(nodes, near, 0, 1), _axes(nodes, exists, 1, 2)))


def full_mask(nodes: Nodes, length: str, reach: int) -> str:
    """float32[1, 1, n, n]: 0 where two tokens are at most `reach` apart, else MASKED."""
    tokens = _count(nodes, length)
    return _bias(nodes, _axes(nodes, _near(nodes, tokens, tokens, reach), 0, 1))


def _near(nodes: Nodes, queries: str, keys: str, reach: int) -> str:
    distance = nodes.add("Sub", _axes(nodes, keys, 0), _axes(nodes, queries, 1))
    return nodes.add("LessOrEqual", nodes.add("Abs", distance), nodes.constant(reach))


def _bias(nodes: Nodes, seen: str) -> str:
    return nodes.add("Where", seen, nodes.constant(0.0, np.float32), nodes.constant(MASKED, np.float32))


def _count(nodes: Nodes, end: str, step: int = 1, start: int = 0) -> str:
    steps = nodes.add("Range", nodes.constant(0), nodes.add("Squeeze", end), nodes.constant(1))
    return nodes.add("Add", nodes.add("Mul", steps, nodes.constant(step)), nodes.constant(start))


def _axes(nodes: Nodes, value: str, *new: int) -> str:
    return nodes.add("Unsqueeze", value, nodes.constant(new))
