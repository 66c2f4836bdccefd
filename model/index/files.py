"""Writes the two files of an index as streams: `incidents.safetensors` and `incidents.jsonl`."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from contract.bundle import INCIDENTS, VECTORS
from model.base.errors import BuildError


@dataclass(frozen=True)
class Row:
    """An incident of the index: the fields to show, and float32[hidden], the mean of its `count` reports' vectors."""

    incident_id: int
    title: str
    date: str
    url: str
    count: int
    vector: np.ndarray


def write(rows: Iterable[Row], count: int, hidden: int, directory: Path) -> None:
    """Write `count` rows into `directory`; the vectors are never all in memory, the ids and counts (16 bytes) are.

    Raises BuildError if a vector is not float32[hidden] and finite.
    """
    numbers = np.zeros((2, count), "<i8")  # ids, counts: they stand before the vectors in the file
    header = _header(count, hidden)
    written = 0
    with (directory / VECTORS).open("wb") as vectors, (directory / INCIDENTS).open("w", encoding="utf-8") as shown:
        vectors.write(header)
        vectors.write(numbers.tobytes())
        for position, row in enumerate(rows):
            if row.vector.shape != (hidden,) or not np.isfinite(row.vector).all():
                raise BuildError(f"the vector of incident {row.incident_id} is not a list of {hidden} finite numbers")
            numbers[:, position] = row.incident_id, row.count
            vectors.write(row.vector.astype("<f4").tobytes())
            fields = {"incident_id": row.incident_id, "title": row.title, "date": row.date, "url": row.url}
            shown.write(json.dumps(fields, ensure_ascii=False) + "\n")
            written += 1
        vectors.seek(len(header))
        vectors.write(numbers.tobytes())
    if written != count:
        raise BuildError(f"the index has {written} incidents instead of {count}")


def _header(count: int, hidden: int) -> bytes:
    """A safetensors header for ids int64[count], counts int64[count] and vectors float32[count, hidden]."""
    tensors = (("ids", "I64", [count], 8), ("counts", "I64", [count], 8), ("vectors", "F32", [count, hidden], 4))
    entries, offset = {}, 0
    for name, dtype, shape, size in tensors:
        end = offset + size * int(np.prod(shape))
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


def mean(vectors: Iterable[np.ndarray], hidden: int) -> np.ndarray:
    """float32[hidden], the mean of one or more float32[hidden], added up in their order in float64."""
    total, count = np.zeros(hidden, np.float64), 0
    for vector in vectors:
        total += vector
        count += 1
    result: np.ndarray = (total / count).astype(np.float32)
    return result
