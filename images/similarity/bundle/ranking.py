"""Ranks all incidents of the index by their similarity to a vector, in one matrix product."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np

from contract.bundle import INCIDENTS, VECTORS
from similarity.base.errors import StoreError
from similarity.bundle import safetensors_header

TINY = np.finfo(np.float32).tiny  # replaces a length of zero


@dataclass(frozen=True)
class Match:
    """One incident and its cosine similarity, in -1..1; `url` is None where the index has none."""

    incident_id: int
    similarity: float
    title: str
    url: str | None
    date: str


class Index:
    """Incidents: ids int64[n], mean CLS vectors float32[n, hidden] with their lengths, and the fields to show of each.

    The vectors are used in place, so a million incidents (3 GB) are not copied.
    """

    def __init__(self, vectors: bytes, incidents: bytes) -> None:
        """Read `incidents.safetensors` (ids, counts, vectors) and `incidents.jsonl`; raises StoreError."""
        try:
            header = safetensors_header.parse(vectors)
            ids, means = header.tensors["ids"], header.tensors["vectors"]
            self._ids = np.frombuffer(vectors, np.int64, math.prod(ids.shape), ids.offset)
            self._means = np.frombuffer(vectors, np.float32, math.prod(means.shape), means.offset).reshape(means.shape)
        except (ValueError, KeyError) as error:
            raise StoreError(VECTORS, f"is damaged: {error}") from None
        # einsum makes no temporaries: linalg.norm takes forty times as long over a million rows.
        self._lengths = np.maximum(np.sqrt(np.einsum("ij,ij->i", self._means, self._means)), TINY)
        self._lines = incidents.splitlines()  # in the order of the vectors; parsed when a line is shown
        if not len(self._lines) == len(self._ids) == len(self._means):
            counts = f"{len(self._lines)} lines for {len(self._ids)} ids and {len(self._means)} vectors"
            raise StoreError(INCIDENTS, f"does not fit {VECTORS}: {counts}")

    def __len__(self) -> int:
        return len(self._ids)

    def nearest(self, vector: np.ndarray, num: int) -> list[Match]:
        """The `num` incidents nearest to float32[hidden] `vector` (all if negative): best first, ties by larger id."""
        scores = self._means @ (vector / np.maximum(np.linalg.norm(vector), TINY)) / self._lengths
        wanted = len(scores) if num < 0 else min(num, len(scores))
        if wanted == 0:
            return []
        # One partial pass instead of a sort; all ties with the last one taken stay in, so that ids decide.
        bar = np.partition(scores, len(scores) - wanted)[len(scores) - wanted]
        candidates = np.flatnonzero(scores >= bar)
        order = np.lexsort((-self._ids[candidates], -scores[candidates]))[:wanted]
        return [self._match(int(row), float(scores[row])) for row in candidates[order]]

    def _match(self, row: int, similarity: float) -> Match:
        try:
            entry = json.loads(self._lines[row])
            title, url, date = (str(entry[key]) for key in ("title", "url", "date"))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise StoreError(INCIDENTS, f"is damaged in line {row + 1}: {error}") from None
        return Match(int(self._ids[row]), similarity, title, url or None, date)
