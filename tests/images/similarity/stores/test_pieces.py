"""The store that reads whole pieces: the same bytes as a plain read, and no read that is smaller than a piece."""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.checkout import IMAGES
from contract.environment import MODEL_DIR
from contract.storages import S3_FILES
from similarity import function
from similarity.bundle.byte_ranges import Range
from similarity.stores.pieces import PieceStore, widened

PIECE, SIZE = 1 << 12, 50_001
RANGES = st.tuples(st.integers(0, SIZE - 1), st.integers(0, 9_000)).map(
    lambda drawn: Range(drawn[0], min(drawn[1], SIZE - drawn[0]))
)


@given(RANGES)
def test_a_range_becomes_the_pieces_that_it_touches(wanted: Range) -> None:
    whole = widened(wanted, PIECE, SIZE)
    touched = {position // PIECE for position in range(wanted.offset, wanted.end)}
    assert {position // PIECE for position in range(whole.offset, whole.end)} == touched
    assert not wanted.size or (whole.offset % PIECE == 0 and (whole.end % PIECE == 0 or whole.end == SIZE))


def test_reads_give_the_plain_bytes_in_reads_of_whole_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = os.urandom(SIZE)
    (tmp_path / "weights").write_bytes(data)
    asked: list[tuple[int, int]] = []
    plain, gathered = os.pread, os.preadv

    def seen(file: int, size: int, offset: int) -> bytes:
        asked.append((offset, size))
        return plain(file, size, offset)

    def many(file: int, buffers: list[bytearray], offset: int, *flags: int) -> int:
        if not flags:  # with flags it is the question whether a byte is cached
            asked.append((offset, sum(len(each) for each in buffers)))
            return gathered(file, buffers, offset)
        raise BlockingIOError

    monkeypatch.setattr(os, "pread", seen)
    monkeypatch.setattr(os, "preadv", many)
    weights = PieceStore(str(tmp_path), PIECE).weights("weights", 100, "test")
    assert weights.start == data[:100]
    assert weights.read(Range(5_000, 10)) == data[5_000:5_010]
    assert weights.read(Range(SIZE - 3, 3)) == data[-3:]
    weights.fetch([Range(20_000, 5), Range(21_000, 5), Range(40_000, 9_000)])
    assert asked
    assert all(offset % PIECE == 0 and (size >= PIECE or offset + size == SIZE) for offset, size in asked)


def test_the_function_reads_in_the_pieces_that_its_costs_count(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[PieceStore] = []

    def serve(store: PieceStore) -> SimpleNamespace:
        made.append(store)
        return SimpleNamespace(handle=None)

    monkeypatch.setenv(MODEL_DIR, "/mnt/model/bundle")
    monkeypatch.setattr(function, "serve", serve)
    runpy.run_path(str(IMAGES / S3_FILES.name / "app.py"))
    [store] = made
    assert store._piece == S3_FILES.charged(None).get_bytes == 128 << 10
