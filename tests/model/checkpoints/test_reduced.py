from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.numpy import load_file, save_file

from contract.precisions import FP16, INT8
from model.base.errors import UnsupportedModel
from model.checkpoints import reduced, weights

NUMBERS = st.floats(-(2.0**100), 2.0**100, width=32)
MATRICES = arrays.arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=NUMBERS)
NAME = "encoder.layer.0.output.dense"


@given(MATRICES)
@settings(max_examples=60, deadline=None)
def test_every_number_is_off_by_at_most_half_of_its_columns_scale(matrix: np.ndarray) -> None:
    whole, scale = reduced.quantise(matrix)
    assert (str(whole.dtype), whole.shape) == ("int8", matrix.shape[::-1])
    again = whole.T.astype(np.float64) * scale[:, np.newaxis].astype(np.float64)
    assert (np.abs(again - matrix) <= 0.5001 * scale[:, np.newaxis].astype(np.float64) + 1e-37).all()


@given(MATRICES)
@settings(max_examples=60, deadline=None)
def test_no_two_products_overflow_the_sixteen_bits_of_a_processor_without_vnni(matrix: np.ndarray) -> None:
    whole, _ = reduced.quantise(matrix)
    assert 2 * 255 * int(np.abs(whole.astype(np.int64)).max()) < 1 << 15


def _checkpoint(folder: Path, value: float = 0.5, table: float = 0.25) -> Path:
    path = folder / "model.safetensors"
    tensors = {
        f"{NAME}.weight": np.array([[value, -1.0, 0.25], [2.0, 0.0, 1.0]], np.float32),
        f"{NAME}.bias": np.array([3.0, 4.0], np.float32),
        "encoder.layer.0.output.LayerNorm.weight": np.array([1.0, 2.0], np.float32),
        "embeddings.word_embeddings.weight": np.full((5, 2), table, np.float32),
        "pooler.dense.weight": np.ones((2, 2), np.float32),
    }
    save_file(tensors, path)
    return path


def _written(folder: Path, precision: str, **values: float) -> dict[str, np.ndarray]:
    source = _checkpoint(folder, **values)
    reduced.write(weights.header(source)[1], source, folder / "reduced", precision, lambda done, total: None)
    return dict(load_file(folder / "reduced"))


def test_int8_keeps_what_an_answer_reads_and_nothing_else(tmp_path: Path) -> None:
    found = _written(tmp_path, INT8)
    kinds = {name: (str(values.dtype), values.shape) for name, values in found.items()}
    assert kinds == {
        f"{NAME}.weight": ("int8", (3, 2)),
        f"{NAME}.scale": ("float32", (2,)),
        f"{NAME}.bias": ("float32", (2,)),
        "encoder.layer.0.output.LayerNorm.weight": ("float32", (2,)),
        "embeddings.word_embeddings.weight": ("float16", (5, 2)),
    }
    assert found[f"{NAME}.bias"].tolist() == [3.0, 4.0]


def test_fp16_keeps_norms_and_biases_in_fp32(tmp_path: Path) -> None:
    found = _written(tmp_path, FP16)
    assert found[f"{NAME}.weight"].dtype == np.float16
    assert found[f"{NAME}.weight"].tolist() == [[0.5, -1.0, 0.25], [2.0, 0.0, 1.0]]
    assert {found[f"{NAME}.bias"].dtype, found["encoder.layer.0.output.LayerNorm.weight"].dtype} == {np.dtype("f4")}


@pytest.mark.parametrize(
    ("precision", "values", "words"),
    [
        (FP16, {"value": 1e6}, f"{NAME}.weight has a value beyond those of fp16"),
        (INT8, {"table": 1e6}, "word_embeddings.weight has a value beyond those of fp16"),
        (INT8, {"value": float("nan")}, f"{NAME}.* has a value that is not a number"),
        (INT8, {"value": float("inf")}, f"{NAME}.* has a value that is not a number"),
    ],
)
def test_what_a_precision_cannot_hold_is_refused_by_the_tensors_name(
    tmp_path: Path, precision: str, values: dict[str, float], words: str
) -> None:
    with pytest.raises(UnsupportedModel, match=words):
        _written(tmp_path, precision, **values)


def test_numbers_lie_where_their_size_asks(tmp_path: Path) -> None:
    _written(tmp_path, INT8)
    start = (tmp_path / "reduced").read_bytes()
    size = int.from_bytes(start[:8], "little")
    sizes = {"F32": 4, "F16": 2, "I8": 1}
    entries = {name: entry for name, entry in json.loads(start[8 : 8 + size]).items() if name != "__metadata__"}
    assert all((8 + size + entry["data_offsets"][0]) % sizes[entry["dtype"]] == 0 for entry in entries.values())
