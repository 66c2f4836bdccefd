from __future__ import annotations

import onnx
import pytest

from model.base.errors import UnsupportedModel
from model.checkpoints import synthetic
from model.checkpoints.architecture import FULL, TINY
from model.graphs import graph
from similarity.bundle import safetensors_header

HEADER = safetensors_header.parse(safetensors_header.build(synthetic.tensors(FULL)))


def test_the_graphs_hold_no_weights_of_their_own() -> None:
    short, long = (build(FULL, HEADER).SerializeToString() for build in (graph.build_short, graph.build_long))
    assert len(short) < 60_000
    assert len(long) < 120_000
    for data in (short, long):
        for initializer in onnx.load_from_string(data).graph.initializer:
            tensor = HEADER.tensors[initializer.name]
            where = {entry.key: entry.value for entry in initializer.external_data}
            assert where == {"location": "model.safetensors", "offset": str(tensor.offset), "length": str(tensor.size)}
            assert tuple(initializer.dims) == tensor.shape


def test_global_attention_and_pooler_are_never_read() -> None:
    for build in (graph.build_short, graph.build_long):
        names = {initializer.name for initializer in build(FULL, HEADER).graph.initializer}
        assert not [name for name in names if "_global" in name or "pooler" in name]


def test_names_may_have_the_prefix_of_a_checkpoint_with_a_head() -> None:
    prefixed = {f"longformer.{name}": shape for name, shape in synthetic.tensors(TINY).items()}
    header = safetensors_header.parse(safetensors_header.build(prefixed))
    assert len(graph.build_short(TINY, header).graph.initializer) == 2 + 2 * 16


def test_a_checkpoint_without_a_tensor_or_of_another_dtype_is_refused() -> None:
    tensors = synthetic.tensors(TINY)
    half = safetensors_header.parse(safetensors_header.build(tensors, itemsize=2, dtype="BF16"))
    with pytest.raises(UnsupportedModel, match="is BF16; F32, F16, I8 are supported"):
        graph.build_short(TINY, half)
    del tensors["encoder.layer.1.output.dense.bias"]
    with pytest.raises(UnsupportedModel, match=r"has no tensor encoder\.layer\.1\.output\.dense\.bias"):
        graph.build_long(TINY, safetensors_header.parse(safetensors_header.build(tensors)))
