"""Computes MPNet's bias of attention: a learned value for each head and each bucket of distances between two tokens."""

from __future__ import annotations

import math

import numpy as np

from model.checkpoints.architecture import Architecture
from model.graphs.nodes import Nodes, Weights

TABLE = "encoder.relative_attention_bias.weight"
FARTHEST = 128  # from here on all distances share the last bucket


def buckets(count: int, length: int) -> np.ndarray:
    """int64[2 * length - 1], the bucket of each distance from query to key, -(length - 1) to length - 1.

    Half of the `count` buckets are for keys after the query. Of each half, one half has a bucket for each distance, the
    other has wider and wider ones. Method: Raffel et al., "Exploring the Limits of Transfer Learning with a Unified
    Text-to-Text Transformer", arXiv 1910.10683.
    """
    distance = np.arange(-(length - 1), length)
    half, exact = count // 2, count // 4
    far = np.abs(distance)
    with np.errstate(divide="ignore"):
        share = np.log(far.astype(np.float32) / np.float32(exact)) / np.float32(math.log(FARTHEST / exact))
    wide = np.minimum(exact + np.maximum(share * (half - exact), 0).astype(np.int64), half - 1)
    found: np.ndarray = np.where(far < exact, far, wide) + np.where(distance > 0, half, 0)
    return found


def bias(nodes: Nodes, weights: Weights, architecture: Architecture, count: str) -> str:
    """float32[1, heads, n, n], what is added to the scores of n tokens; `count` is int64[1] with n."""
    length = architecture.positions
    tokens = nodes.add("Range", nodes.constant(0), nodes.add("Squeeze", count), nodes.constant(1))
    keys = nodes.add("Unsqueeze", tokens, nodes.constant([0]))
    queries = nodes.add("Unsqueeze", tokens, nodes.constant([1]))
    distance = nodes.add("Sub", keys, queries)
    table = nodes.constant(buckets(architecture.relative_buckets, length))
    bucket = nodes.add("Gather", table, nodes.add("Add", distance, nodes.constant(length - 1)))
    values = nodes.add("Gather", weights(TABLE), bucket)
    return nodes.add("Unsqueeze", nodes.add("Transpose", values, perm=[2, 0, 1]), nodes.constant([0]))
