from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import SafetensorError, deserialize
from safetensors.numpy import load, save

from similarity.bundle import safetensors_header
from similarity.bundle.safetensors_header import DamagedHeader

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


def damaged(text: bytes) -> str:
    """Why a header of this text is refused."""
    with pytest.raises(DamagedHeader) as error:
        safetensors_header.parse(len(text).to_bytes(8, "little") + text)
    return str(error.value)


def described(**changes: object) -> bytes:
    """A header of one tensor of two floats, with changes."""
    return json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}}).encode()


LIES = [
    ({"data_offsets": [-100, -92]}, "whole numbers of 0 or more"),
    ({"data_offsets": [0.0, 8.0]}, "whole numbers of 0 or more"),
    ({"data_offsets": [False, 8]}, "whole numbers of 0 or more"),
    ({"data_offsets": [0]}, "whole numbers of 0 or more"),
    ({"data_offsets": [8, 0]}, "takes -8 bytes"),
    ({"data_offsets": [4, 12]}, "leaves a gap"),
    ({"data_offsets": [0, 4]}, "takes 4 bytes, its shape and dtype need 8"),
    ({"shape": [2**30, 2**30, 16]}, "that no file can hold"),
    ({"shape": [-2, -1]}, "whole numbers of 0 or more"),
    ({"shape": 2}, "whole numbers of 0 or more"),
    ({"dtype": "f32"}, "unknown"),
    ({"dtype": ["F32"]}, "unknown"),
    ({"dtype": "F4", "shape": [3], "data_offsets": [0, 1]}, "need 1.5"),
]


@pytest.mark.parametrize(("changes", "reason"), LIES)
def test_a_header_that_lies_about_a_tensor_is_refused_as_by_the_reference(
    changes: dict[str, object], reason: str
) -> None:
    text = described(**changes)
    assert reason in damaged(text)
    with pytest.raises(SafetensorError):
        deserialize(len(text).to_bytes(8, "little") + text + bytes(8))


@pytest.mark.parametrize(("second", "reason"), [([0, 8], "overlaps"), ([4, 12], "overlaps"), ([9, 17], "leaves a gap")])
def test_tensors_that_overlap_or_leave_a_gap_are_refused(second: list[int], reason: str) -> None:
    entry = {"dtype": "F32", "shape": [2]}
    text = json.dumps({"a": {**entry, "data_offsets": [0, 8]}, "b": {**entry, "data_offsets": second}}).encode()
    assert reason in damaged(text)


@pytest.mark.parametrize(
    "text",
    [
        *(b"[]", b"null", b'{"a": 1}', b'{"a": {"dtype": "F32", "shape": [1]}}', b'{"a": NaN}', b"{", b"\xff"),
        *(b'{"\\ud800": 1}', b'{"__metadata__": {"format": 1}}', b'{"__metadata__": []}', described()[:-1] * 2),
        *(b"[" * 500_000, b'{"a":' * 100_000, '{"a": 1}'.encode("utf-16")),
        b'{"a":' + described()[6:-1] + b',"a":' + described()[6:],
    ],
)
def test_json_that_describes_no_tensors_is_refused(text: bytes) -> None:
    assert damaged(text)


@given(st.data())
def test_what_is_accepted_the_reference_accepts_too(data: st.DataObject) -> None:
    """Whatever number of a header is changed; the file behind it is as long as the header says."""
    shapes = data.draw(SHAPES)
    start = safetensors_header.build(shapes)
    entries = json.loads(start[safetensors_header.PREFIX :])
    entry = entries[data.draw(st.sampled_from(sorted(set(entries) - {"__metadata__"})))]
    field = data.draw(st.sampled_from(["shape", "data_offsets"]))
    numbers = st.one_of(st.integers(-3, 40), st.floats(0, 9), st.booleans(), st.just(2**63), st.none())
    entry[field] = data.draw(st.lists(numbers, max_size=3))
    text = json.dumps(entries).encode()
    changed = len(text).to_bytes(8, "little") + text
    try:
        header = safetensors_header.parse(changed)
    except DamagedHeader:
        return
    deserialize(changed + bytes(header.file_size - len(changed)))


def test_a_large_header_is_not_read() -> None:
    with pytest.raises(DamagedHeader, match="claims a header of 99000000 bytes"):
        safetensors_header.header_size((99_000_000).to_bytes(8, "little"))
