"""Computes the encoder's input: the checkpoint's word, position and token-type rows, looked up and added.

The tables are 166 MB of the 595; a text of 20 tokens needs 0.1 MB of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from similarity.base.parallel import for_each
from similarity.bundle.byte_ranges import Range
from similarity.bundle.encoder_tensors import find
from similarity.bundle.safetensors_header import Header, Tensor

if TYPE_CHECKING:
    from similarity.stores import Weights

THREADS = 16  # a row is one round trip to S3 or EFS, both of which answer many at a time
SLACK = 8  # rows of 3 KB
DTYPES = {"F32": np.float32, "F16": np.float16}


def position_ids(ids: Sequence[int], padding_id: int) -> list[int]:
    """Positions of tokens: those other than padding count from padding_id + 1, padding has padding_id itself.

    RoBERTa does this, and a literal `<pad>` in a text counts as padding. With -1, which is not a token, it is the plain
    range from 0 that BERT has. Source: create_position_ids_from_input_ids in transformers' modeling_longformer.py.
    """
    positions, seen = [], 0
    for token in ids:
        real = token != padding_id
        seen += real
        positions.append(seen * real + padding_id)
    return positions


class Embeddings:
    """Row look-up in the embedding tables of a checkpoint. A row is read once and kept as float32, at most 166 MB."""

    def __init__(self, header: Header, weights: Weights, padding_id: int) -> None:
        self._weights = weights
        self._padding_id = padding_id
        self._words = find(header, _name("word"))
        self._positions, self._types = (_optional(header, name) for name in ("position", "token_type"))
        self.hidden = self._words.shape[1]
        self._kept: dict[tuple[int, int], np.ndarray] = {}  # by table offset and row

    def __call__(self, ids: Sequence[int]) -> np.ndarray:
        """float32[n, hidden] for n token ids, before LayerNorm; raises StoreError if rows cannot be read."""
        wanted: list[tuple[Tensor, Sequence[int]]] = [(self._words, ids)]
        if self._positions:
            wanted.append((self._positions, position_ids(ids, self._padding_id)))
        if self._types:
            wanted.append((self._types, [0]))  # every token has the first type
        self._read(wanted)
        summed = np.zeros((len(ids), self.hidden), np.float32)
        for table, rows in wanted:
            summed += np.stack([self._kept[table.offset, index] for index in rows])
        return summed

    def _read(self, wanted: Sequence[tuple[Tensor, Sequence[int]]]) -> None:
        """Read the rows that are not kept yet, those of all tables at once, because each is a round trip."""

        def fetch(run: tuple[Tensor, range]) -> None:
            table, rows = run
            row = table.size // table.shape[0]
            block = self._weights.read(Range(table.offset + rows.start * row, len(rows) * row))
            read = np.frombuffer(block, DTYPES[table.dtype]).astype(np.float32, copy=False)
            for index, values in zip(rows, read.reshape(-1, self.hidden), strict=True):
                self._kept[table.offset, index] = values

        missing = [
            (table, run)
            for table, indices in wanted
            for run in runs({index for index in indices if (table.offset, index) not in self._kept}, SLACK)
        ]
        for_each(fetch, missing, THREADS)


def _name(table: str) -> str:
    return f"embeddings.{table}_embeddings.weight"


def _optional(header: Header, table: str) -> Tensor | None:
    """A table that some families do not have. The builder checks that no other lacks it."""
    try:
        return find(header, _name(table))
    except KeyError:
        return None


def runs(indices: Iterable[int], slack: int) -> list[range]:
    """Distinct indices as ranges; a gap of up to `slack` rows is read, too, because that is cheaper than a request."""
    found: list[range] = []
    for index in sorted(indices):
        if found and index <= found[-1].stop + slack:
            found[-1] = range(found[-1].start, index + 1)
        else:
            found.append(range(index, index + 1))
    return found
