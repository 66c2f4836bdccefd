from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load, save

from similarity import safetensors_header
from similarity.safetensors_header import DamagedHeader

NAMES = st.text(min_size=1).filter(lambda name: name != "__metadata__")
SHAPES = st.dictionaries(NAMES, st.lists(st.integers(0, 4), max_size=3).map(tuple), min_size=1)


@given(SHAPES)
def test_reads_what_the_reference_implementation_writes(shapes: dict[str, tuple[int, ...]]) -> None:
    arrays = {name: np.random.default_rng(0).random(shape, np.float32) for name, shape in shapes.items()}
    data = save(arrays)
    header = safetensors_header.parse(data)
    assert header.file_size == len(data)
    for name, array in arrays.items():
        tensor = header.tensors[name]
        assert (tensor.dtype, tensor.shape) == ("F32", array.shape)
        assert data[tensor.offset : tensor.end] == array.tobytes()


@given(SHAPES)
def test_the_reference_implementation_reads_what_we_write(shapes: dict[str, tuple[int, ...]]) -> None:
    header = safetensors_header.build(shapes)
    body = np.arange((safetensors_header.parse(header).file_size - len(header)) // 4, dtype=np.float32)
    arrays = load(header + body.tobytes())
    assert {name: array.shape for name, array in arrays.items()} == shapes


@given(st.binary(max_size=200))
def test_garbage_is_named_as_such(data: bytes) -> None:
    with pytest.raises(DamagedHeader):
        safetensors_header.parse(data)


@pytest.mark.parametrize("text", [b"[]", b'{"a": 1}', b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0]}}'])
def test_json_that_describes_no_tensors_is_refused(text: bytes) -> None:
    with pytest.raises(DamagedHeader, match="no valid JSON description"):
        safetensors_header.parse(len(text).to_bytes(8, "little") + text)
