from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from similarity.base.errors import StoreError
from similarity.bundle.ranking import Index


def index_of(ids: list[int], vectors: np.ndarray) -> Index:
    data = {"ids": np.array(ids, np.int64), "counts": np.ones(len(ids), np.int64), "vectors": vectors}
    lines = "\n".join(json.dumps({"incident_id": i, "title": f"t{i}", "date": "d", "url": f"u{i}"}) for i in ids)
    return Index(save(data), lines.encode())


VECTORS = st.lists(
    st.tuples(*[st.integers(-2, 2).map(float)] * 3).filter(any), min_size=1, max_size=30
)  # small integers, so that ties are common


@given(VECTORS, st.tuples(*[st.integers(-3, 3).map(float)] * 3).filter(any), st.integers(-2, 40), st.randoms())
def test_nearest_is_a_sort_by_similarity_then_larger_id(vectors, query, num, random) -> None:  # type: ignore[no-untyped-def]
    ids = random.sample(range(1000), len(vectors))
    matrix, vector = np.array(vectors, np.float32), np.array(query, np.float32)
    found = index_of(ids, matrix).nearest(vector, num)
    exact = {i: cosine(row, query) for i, row in zip(ids, vectors, strict=True)}
    wanted = len(ids) if num < 0 else min(num, len(ids))
    order = [(match.similarity, match.incident_id) for match in found]
    assert order == sorted(order, reverse=True)  # best first, ties by larger id
    assert len(order) == len({i for _, i in order}) == wanted
    assert [s for s, _ in order] == pytest.approx([exact[i] for _, i in order], abs=1e-6)
    left_out = exact.keys() - {i for _, i in order}
    assert all(exact[i] <= order[-1][0] + 1e-6 for i in left_out if order)


def cosine(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """The definition, in double precision."""
    return math.fsum(x * y for x, y in zip(a, b, strict=True)) / (math.hypot(*a) * math.hypot(*b))


def test_exact_ties_go_to_the_larger_id() -> None:
    index = index_of([7, 3, 9, 5], np.array([[1, 0], [2, 0], [4, 0], [0, 1]], np.float32))
    found = index.nearest(np.array([1, 0], np.float32), 2)
    assert [(match.incident_id, match.similarity) for match in found] == [(9, 1.0), (7, 1.0)]


def test_a_match_carries_what_to_show() -> None:
    match = index_of([5], np.ones((1, 3), np.float32)).nearest(np.ones(3, np.float32), 1)[0]
    assert (match.incident_id, match.title, match.url, match.date) == (5, "t5", "u5", "d")
    assert match.similarity == pytest.approx(1)


def test_zero_vectors_neither_divide_by_zero_nor_rank_first() -> None:
    index = index_of([1, 2], np.array([[0, 0, 0], [1, 0, 0]], np.float32))
    assert [match.incident_id for match in index.nearest(np.array([1, 0, 0], np.float32), -1)] == [2, 1]
    assert all(match.similarity == 0 for match in index.nearest(np.zeros(3, np.float32), -1))


@pytest.mark.parametrize("vectors", [b"", b"garbage", save({"ids": np.zeros(1, np.int64)})])
def test_a_damaged_index_is_named(vectors: bytes) -> None:
    with pytest.raises(StoreError, match=r"incidents\.safetensors is damaged"):
        Index(vectors, b"")


def test_damaged_descriptions_are_named() -> None:
    vectors = save({"ids": np.zeros(1, np.int64), "vectors": np.ones((1, 3), np.float32)})
    with pytest.raises(StoreError, match=r"incidents\.jsonl is damaged in line 1"):
        Index(vectors, b"{").nearest(np.ones(3, np.float32), 1)
    with pytest.raises(StoreError, match=r"incidents\.jsonl does not fit incidents\.safetensors: 2 lines for 1 ids"):
        Index(vectors, b"{}\n{}\n")
