from __future__ import annotations

from itertools import pairwise

import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers.models.longformer.modeling_longformer import create_position_ids_from_input_ids

from similarity.engines.embeddings import position_ids, runs


@given(st.lists(st.integers(0, 5), min_size=1, max_size=50), st.integers(0, 5))
def test_positions_are_those_of_transformers(ids: list[int], pad: int) -> None:
    expected = create_position_ids_from_input_ids(torch.tensor([ids]), pad)[0].tolist()
    assert position_ids(ids, pad) == expected


@given(st.sets(st.integers(0, 300)), st.integers(0, 20))
def test_runs_hold_every_row_once_and_little_else(rows: set[int], slack: int) -> None:
    found = runs(rows, slack)
    read = [row for run in found for row in run]
    assert rows <= set(read)
    assert read == sorted(set(read))
    assert len(read) <= len(rows) + slack * max(0, len(rows) - 1)
    assert all(b.start - a.stop > slack for a, b in pairwise(found))
