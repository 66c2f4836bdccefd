"""The ONNX engine, compared with transformers' LongformerModel, which decides what is right."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import bundle as files
from model.checkpoints import synthetic
from model.checkpoints.architecture import Architecture
from model.graphs import graph
from similarity.bundle import safetensors_header
from similarity.bundle.manifest import Manifest, parse
from similarity.engines import onnx
from similarity.engines.onnx import OnnxEngine
from similarity.loading.tokens import Tokenizer
from similarity.stores.directory import DirectoryStore
from tests.images.conftest import Opened, open_bundle

TOLERANCE = 1e-5
SPECIAL = [0, 1, 2, 3, 4]  # <s>, <pad>, </s>, <unk>, <mask>

# The real checkpoint's window and more layers than one window's reach needs, at a width that is quick to compute.
WIDE = Architecture(layers=4, hidden=32, heads=2, intermediate=64, vocabulary=300, positions=2050, window=512)


@pytest.fixture(scope="session")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    directory = tmp_path_factory.mktemp("wide")
    synthetic.write_weights(WIDE, directory / files.WEIGHTS, 7, lambda done, total: None)
    (directory / files.CONFIG).write_text(json.dumps(synthetic.config(WIDE)))
    header = safetensors_header.parse((directory / files.WEIGHTS).read_bytes())
    (directory / files.GRAPH).write_bytes(graph.build_short(WIDE, header).SerializeToString())
    (directory / files.LONG_GRAPH).write_bytes(graph.build_long(WIDE, header).SerializeToString())
    shape = {"layers": 4, "hidden": 32, "window": 512, "max_tokens": 2048, "padding_id": 1}
    texts = dict.fromkeys(("model", "revision", "weights", "recipe", "source_hash", "header_sha256"), "")
    return open_bundle(directory, Manifest(**shape, **texts, family="longformer", pooling="cls", files={}))


def random_ids(count: int, vocabulary: int, seed: int) -> list[int]:
    """`count` ids with literal special tokens among them, as a user may type them."""
    generator = np.random.default_rng(seed)
    ids = generator.integers(5, vocabulary, count)
    literal = generator.random(count) < 0.05
    ids[literal] = generator.choice(SPECIAL, literal.sum())
    ids[0] = 0
    ids[-1] = 2 if count > 1 else 0
    return [int(i) for i in ids]


def largest_difference(opened: Opened, ids: list[int]) -> float:
    ours, theirs = opened.onnx.encode(ids), opened.transformers.encode(ids)
    assert ours.shape == theirs.shape
    assert ours.dtype == np.float32
    return float(np.abs(ours - theirs).max())


@pytest.mark.parametrize("count", [1, 2, 3, 20, 128, 255, 256, 257, 258, 259, 511, 512, 513, 514, 769, 770, 1025, 2048])
def test_engines_agree_at_the_real_window(wide: Opened, count: int) -> None:
    assert largest_difference(wide, random_ids(count, WIDE.vocabulary, count)) <= TOLERANCE


@settings(max_examples=40, deadline=None)
@given(count=st.integers(1, 1024), seed=st.integers(0, 2**32 - 1))
def test_engines_agree_on_any_ids(opened: Opened, count: int, seed: int) -> None:
    assert largest_difference(opened, random_ids(count, 1000, seed)) <= TOLERANCE


@pytest.mark.parametrize("text", ["<pad> <pad>", "a <mask> b </s> c <s>", "<pad>" * 50 + "end", "Ünïcödé 🚗 车祸"])
def test_engines_agree_on_literal_special_tokens(opened: Opened, tiny_bundle: Path, text: str) -> None:
    tokenizer = Tokenizer((tiny_bundle / files.TOKENIZER).read_bytes(), opened.manifest.max_tokens)
    assert largest_difference(opened, tokenizer.encode(text).ids) <= TOLERANCE


@pytest.mark.parametrize(("count", "texts"), [(1, 1), (1, 3), (20, 5), (257, 2), (258, 2), (700, 3)])
def test_a_batch_has_the_vectors_of_its_texts(wide: Opened, count: int, texts: int) -> None:
    batch = [random_ids(count, WIDE.vocabulary, seed) for seed in range(texts)]
    vectors = wide.onnx.encode_batch(batch)
    assert (vectors.shape, vectors.dtype) == ((texts, WIDE.hidden), np.float32)
    expected = np.stack([wide.transformers.encode(ids) for ids in batch])
    np.testing.assert_allclose(vectors, expected, atol=TOLERANCE)


@pytest.mark.parametrize("batch", [[], [[0, 2], [0, 5, 2]]])
def test_a_batch_of_unequal_lengths_is_refused(wide: Opened, batch: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="the same number of tokens, one text at least"):
        wide.onnx.encode_batch(batch)


def made_alone(directory: Path) -> OnnxEngine:
    store = DirectoryStore(str(directory), 1)
    manifest = parse(store.read(files.MANIFEST))
    weights = store.weights(files.WEIGHTS, 1 << 16, "onnx")
    small = {name: store.read(name) for name in onnx.files(manifest)}
    return onnx.make(manifest, safetensors_header.parse(weights.start), weights, small)


def test_both_graphs_use_one_mapping_of_the_weights(tiny_bundle: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    engine = made_alone(copy)
    assert [engine.encode(random_ids(count, 1000, count)).shape for count in (20, 700)] == [(64,), (64,)]
    mapped = [line for line in Path("/proc/self/maps").read_text().splitlines() if str(copy) in line]
    assert len(mapped) == 1


def test_an_engine_may_be_made_before_its_weights_are_there(opened: Opened, tiny_bundle: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    weights = copy / files.WEIGHTS
    whole = weights.read_bytes()
    header = safetensors_header.header_size(whole)
    with weights.open("r+b") as file:
        file.truncate(header)
        file.truncate(len(whole))
        engine = made_alone(copy)
        opened_as = weights.stat()
        file.seek(header)
        file.write(whole[header:])
    # As with the function's own file, into which the bytes arrive: a directory's file with another time counts as
    # another.
    os.utime(weights, ns=(opened_as.st_atime_ns, opened_as.st_mtime_ns))
    ids = random_ids(300, 1000, 3)
    np.testing.assert_array_equal(engine.encode(ids), opened.onnx.encode(ids))


def test_what_lies_outside_the_cone_does_not_count(opened: Opened) -> None:
    """Tests the claim that the encoder's input may be cut at `cone_tokens`, with the model that reads all of it."""
    ids = random_ids(600, 1000, 1)
    other = ids[: opened.manifest.cone_tokens] + random_ids(600, 1000, 2)[opened.manifest.cone_tokens :]
    assert opened.manifest.cone_tokens == 65
    assert ids != other
    np.testing.assert_allclose(opened.transformers.encode(ids), opened.transformers.encode(other), atol=1e-6)
    inside = [*ids[:64], 7 if ids[64] != 7 else 8, *ids[65:]]
    assert hashlib.sha256(opened.onnx.encode(inside).tobytes()) != hashlib.sha256(opened.onnx.encode(ids).tobytes())
    assert np.abs(opened.transformers.encode(inside) - opened.transformers.encode(ids)).max() > 0
