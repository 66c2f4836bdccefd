"""The encoder's input: word, position and token-type rows of the checkpoint, looked up row by row and added.

The tables are 166 MB of the 595; a text of 20 tokens needs 0.1 MB of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from similarity.parallel import for_each
from similarity.plan import Range
from similarity.safetensors_header import Header, Tensor

if TYPE_CHECKING:
    from similarity.stores import Weights

THREADS = 8  # a row is one round trip to S3 or EFS
NAMES = ("word_embeddings", "position_embeddings", "token_type_embeddings")


def position_ids(ids: Sequence[int], pad_token_id: int) -> list[int]:
    """RoBERTa's positions: tokens other than padding count from pad_token_id + 1, padding has pad_token_id itself.

    A literal `<pad>` in a text is padding in this sense, so this is not a plain range.
    Source: create_position_ids_from_input_ids in transformers' modeling_longformer.py.
    """
    positions, seen = [], 0
    for token in ids:
        real = token != pad_token_id
        seen += real
        positions.append(seen * real + pad_token_id)
    return positions


class Embeddings:
    """Row look-up in the embedding tables of a checkpoint. A row is read once and then kept: at most 166 MB of them."""

    def __init__(self, header: Header, weights: Weights, pad_token_id: int) -> None:
        self._weights = weights
        self._pad_token_id = pad_token_id
        tables = [_find(header, f"embeddings.{name}.weight") for name in NAMES]
        self._words, self._positions, self._types = tables
        self.hidden = self._words.shape[1]
        self._kept: dict[tuple[int, int], np.ndarray] = {}  # by table offset and row

    def __call__(self, ids: Sequence[int]) -> np.ndarray:
        """float32[n, hidden] for n token ids, before LayerNorm; raises StoreError if rows cannot be read."""
        positions = position_ids(ids, self._pad_token_id)
        summed = self._rows(self._words, ids)
        summed += self._rows(self._positions, positions)
        summed += self._rows(self._types, [0])
        return summed

    def _rows(self, table: Tensor, indices: Sequence[int]) -> np.ndarray:
        row = table.size // table.shape[0]

        def read(run: range) -> None:
            block = self._weights.read(Range(table.offset + run.start * row, len(run) * row))
            for index, values in zip(run, np.frombuffer(block, np.float32).reshape(len(run), self.hidden), strict=True):
                self._kept[table.offset, index] = values

        missing = _runs(sorted({index for index in indices if (table.offset, index) not in self._kept}))
        for_each(read, missing, THREADS)
        return np.stack([self._kept[table.offset, index] for index in indices])


def _find(header: Header, name: str) -> Tensor:
    return header.tensors.get(name) or header.tensors[f"longformer.{name}"]


def _runs(indices: Sequence[int]) -> list[range]:
    """Sorted distinct indices as ranges of neighbours."""
    if not indices:
        return []
    starts = [indices[0], *(b for a, b in pairwise(indices) if b != a + 1)]
    ends = [*(a for a, b in pairwise(indices) if b != a + 1), indices[-1]]
    return [range(start, end + 1) for start, end in zip(starts, ends, strict=True)]
