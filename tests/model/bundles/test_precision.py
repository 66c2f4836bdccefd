"""Bundles of reduced precision, of all kinds of families, compared with fp32 and with numpy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from rich.console import Console
from safetensors.numpy import load_file, save_file

from contract import bundle as files
from contract.engines import ONNX, TRANSFORMERS, unreadable
from contract.precisions import FP16, FP32, INT8
from model.bundles import agreement, bundle, incidents
from model.checkpoints import reduced, weights
from model.graphs.dense import Dense
from model.graphs.nodes import Nodes, Weights, model_of
from model.index.encoder import Encoder
from similarity.base.errors import Unavailable
from similarity.base.phases import Phases
from similarity.bundle.manifest import Manifest, parse
from similarity.engines import onnx as onnx_engine
from similarity.engines.mapped_weights import mapped
from similarity.loading.loader import Loader
from similarity.stores.directory import DirectoryStore
from tests.model.support.checkpoints import KINDS, save
from tests.model.support.in_process import in_process

__all__ = ["in_process"]
LEAST = {FP16: 0.99999, INT8: 0.98}
NAME = "encoder.layer.0.attention.output.dense"


def _build(folder: Path, kind: str, precision: str) -> Manifest:
    few = folder / "few.jsonl"
    few.write_text("\n".join(incidents.SAMPLE.read_text().splitlines()[:4]))
    options = bundle.Options(str(folder / "checkpoint"), "auto", few, folder / precision, pooling="cls")
    return bundle.build(bundle.Options(**{**vars(options), "precision": precision}), Console(quiet=True))


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("kind", ["bert", "longformer with a head", "mpnet", "modernbert", "distilbert"])
def test_any_family_answers_nearly_as_in_fp32_for_short_and_long_texts(kind: str, tmp_path: Path) -> None:
    save(KINDS[kind], tmp_path / "checkpoint")
    built = {precision: _build(tmp_path, kind, precision) for precision in (FP32, FP16, INT8)}
    encoders = {precision: Encoder(manifest, tmp_path / precision) for precision, manifest in built.items()}
    for precision, least in LEAST.items():
        manifest = built[precision]
        assert (manifest.precision, manifest.origin) == (precision, built[FP32].model_hash)
        assert manifest.agreement
        assert manifest.agreement.items == 4
        assert manifest.agreement.cosine_p1 >= least
        assert parse((tmp_path / precision / files.MANIFEST).read_bytes()) == manifest
        for count in (1, 7, 60):
            ids = [0, *np.random.default_rng(count).integers(5, 590, count).tolist(), 2][: manifest.max_tokens]
            one, other = (encoders[each].encode([ids])[0] for each in (FP32, precision))
            assert float(one @ other) >= least * float(np.linalg.norm(one) * np.linalg.norm(other))
    assert built[FP32].origin == ""
    assert built[FP32].agreement is None


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("kind", ["bert", "longformer with a head"])
def test_the_other_texts_that_are_embedded_do_not_change_a_vector(kind: str, tmp_path: Path) -> None:
    save(KINDS[kind], tmp_path / "checkpoint")
    encoder = Encoder(_build(tmp_path, kind, INT8), tmp_path / INT8)
    for count in (9, 60):  # a short text and, with a window, a long one
        texts = [np.random.default_rng(seed).integers(5, 590, count).tolist() for seed in range(4)]
        together = encoder.encode(texts)
        for vector, ids in zip(together, texts, strict=True):
            np.testing.assert_array_equal(vector, encoder.encode([ids])[0])


@pytest.mark.usefixtures("in_process")
def test_small_weights_are_packed_once_they_are_there_and_large_ones_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(KINDS["longformer with a head"], tmp_path / "checkpoint")
    manifest, vectors = _build(tmp_path, "longformer with a head", INT8), {}
    for most in (manifest.encoder_bytes, manifest.encoder_bytes - 1):
        monkeypatch.setattr(onnx_engine, "MOST_PACKED", most)
        waits = onnx_engine.needs_weights(manifest)
        encoder = Encoder(manifest, tmp_path / INT8)
        vectors[waits] = [encoder.encode([list(range(5, 5 + count))])[0] for count in (9, 60)]
    assert not onnx_engine.needs_weights(replace(manifest, precision=FP32, encoder_bytes=1))
    np.testing.assert_array_equal(vectors[True], vectors[False])


def test_a_graph_in_int8_takes_one_text_alone(tmp_path: Path) -> None:
    save(KINDS["bert"], tmp_path / "checkpoint")
    for precision, texts in ((FP16, 0), (INT8, 1)):  # 0: any number
        _build(tmp_path, "bert", precision)
        graph = onnx.load(tmp_path / precision / files.GRAPH, load_external_data=False).graph
        (given,), (made,) = graph.input, graph.output
        assert [value.type.tensor_type.shape.dim[0].dim_value for value in (given, made)] == [texts, texts]


def _layer(folder: Path, rows: np.ndarray, uneven: bool) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """What a dense layer in int8 makes of rows of 16 columns, and its tensors."""
    rng = np.random.default_rng(3)
    tensors = {
        f"{NAME}.weight": rng.standard_normal((5, 16)).astype(np.float32),
        f"{NAME}.bias": rng.standard_normal(5).astype(np.float32),
    }
    source, made = folder / "source", folder / files.WEIGHTS
    save_file(tensors, source)
    reduced.write(weights.header(source)[1], source, made, INT8, lambda done, total: None)
    nodes, over = Nodes(), Weights(weights.header(made)[1])
    graph = model_of(nodes, over, Dense(nodes, over)("embeddings", NAME, True, uneven), ("n", 16), ("n", 5))
    options = ort.SessionOptions()
    values = mapped(over.header, made)
    for name, value in values.items():
        options.add_initializer(name, value)
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", str(folder))
    session = ort.InferenceSession(graph.SerializeToString(), options)
    return session.run(["cls"], {"embeddings": rows})[0], load_file(made)


@pytest.mark.parametrize("uneven", [False, True])
@pytest.mark.parametrize("sizes", [(1, 1, 2, 1, 5, 0), (1e6, 1, 2, 1e-3, 5, 0), (0, 0, 0, 0, 0, 0), (1e-4,) * 6])
def test_a_dense_layer_is_off_by_steps_of_the_whole_input_or_of_each_row(
    tmp_path: Path, sizes: tuple[float, ...], uneven: bool
) -> None:
    rows = (np.random.default_rng(4).standard_normal((6, 16)) * np.array([sizes]).T).astype(np.float32)
    found, kept = _layer(tmp_path, rows, uneven)
    matrix = kept[f"{NAME}.weight"] * kept[f"{NAME}.scale"].astype(np.float64)
    error = np.abs(found - kept[f"{NAME}.bias"] - rows @ matrix)
    own = np.abs(rows).max(axis=1, keepdims=True).astype(np.float64)
    span = 2 * own if uneven else np.full_like(own, np.ptp(np.append(rows, 0)))  # what 255 steps reach over
    half_a_step = span / 255 / 2
    assert (error <= 1.05 * half_a_step * np.abs(matrix).sum(axis=0) + 1e-5 * own + 1e-6).all()


def test_the_engine_that_reads_the_checkpoint_itself_refuses_by_name(tmp_path: Path) -> None:
    save(KINDS["bert"], tmp_path / "checkpoint")
    _build(tmp_path, "bert", INT8)
    loader = Loader(DirectoryStore(str(tmp_path / INT8), 1), TRANSFORMERS, Phases())
    loader.wait(30)
    assert isinstance(loader.error, Unavailable)
    assert str(loader.error) == unreadable(TRANSFORMERS, INT8)
    assert "transformers reads fp32, and the bundle has int8" in str(loader.error)
    assert unreadable(ONNX, INT8) == unreadable(TRANSFORMERS, FP32) == ""


def test_agreement_counts_the_nearest_others() -> None:
    exact = np.array([[1, 0, 0], [0.9, 0.1, 0], [0, 1, 0], [0, 0.9, 0.2], [0, 0, 1]], np.float32)
    same = agreement.measure(exact, 3 * exact)
    assert (same.items, same.top_1, same.top_3) == (5, 1.0, 1.0)
    assert same.cosine_p1 == pytest.approx(1.0)
    moved = exact.copy()
    moved[0] = [0, 0, 1]
    found = agreement.measure(exact, moved)
    assert found.top_1 == 1 - 3 / 5  # of the first, of the second, and of the last, which had the fourth
    assert found.top_3 < 1
    assert agreement.measure(exact[:1], exact[:1]).top_1 == 1.0
