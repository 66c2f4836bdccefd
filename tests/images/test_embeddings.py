from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers.models.longformer.modeling_longformer import create_position_ids_from_input_ids

from similarity.embeddings import position_ids


@given(st.lists(st.integers(0, 5), min_size=1, max_size=50), st.integers(0, 5))
def test_positions_are_those_of_transformers(ids: list[int], pad: int) -> None:
    expected = create_position_ids_from_input_ids(torch.tensor([ids]), pad)[0].tolist()
    assert position_ids(ids, pad) == expected
