"""Encoders of all families, compared with transformers' own models."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from onnx import TensorProto
from rich.console import Console
from safetensors.numpy import load_file, save_file

from contract import bundle as files
from model.base.errors import BuildError, UnsupportedModel
from model.bundles import bundle, incidents
from model.checkpoints import weights
from model.checkpoints.architecture import Architecture
from model.graphs import graph
from similarity.bundle import byte_ranges, safetensors_header
from similarity.bundle.encoder_tensors import parts
from similarity.bundle.manifest import Manifest
from similarity.bundle.safetensors_header import Header, Tensor
from similarity.loading.tokens import Tokenizer as ServiceTokenizer
from tests.images.conftest import Opened, open_bundle
from tests.model.support.checkpoints import KINDS, SHAPE, Kind, change, save
from tests.model.support.in_process import in_process

__all__ = ["in_process"]
pytestmark = pytest.mark.usefixtures("in_process")

TOLERANCE = 1e-5
FEW = "\n".join(incidents.SAMPLE.read_text().splitlines()[:3])


def build(checkpoint: Path, out: Path, pooling: str = "") -> Manifest:
    """A plain checkpoint does not say its pooling: the first row, if the test does not say it either."""
    if not (checkpoint / "modules.json").exists():
        pooling = pooling or "cls"
    sample = out.with_name("few.jsonl")
    sample.write_text(FEW)
    options = bundle.Options(str(checkpoint), "auto", sample, out, pooling=pooling)
    return bundle.build(options, Console(quiet=True))


@dataclass(frozen=True)
class Built:
    """A bundle of a tiny checkpoint, opened, and the model that decides what is right."""

    kind: Kind
    directory: Path
    opened: Opened
    oracle: Any

    def expected(self, ids: list[int]) -> np.ndarray:
        tokens = torch.tensor([ids])
        with torch.inference_mode():
            rows = self.oracle(input_ids=tokens, attention_mask=torch.ones_like(tokens)).last_hidden_state[0]
        vector: np.ndarray = (rows.mean(dim=0) if self.opened.manifest.pooling == "mean" else rows[0]).numpy()
        return vector


BOTH = [(name, pooling) for name in ("bert", "roberta", "longformer", "mpnet") for pooling in ("cls", "mean")]
EITHER = [("bert with a head", "cls"), ("roberta with a head", "cls"), ("longformer with a head", "mean")]
MODERN = [
    ("modernbert", "cls"),
    ("modernbert", "mean"),
    ("modernbert, all unlimited", "mean"),
    ("modernbert, all limited", "cls"),
    ("modernbert with a head", "cls"),
]
ALIKE = [("xlm-roberta", "mean"), ("camembert", "cls"), ("electra", "mean"), ("distilbert", "cls")]


@pytest.fixture(scope="module", params=[*BOTH, *EITHER, *MODERN, *ALIKE], ids=" ".join)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    name, pooling = request.param
    directory = tmp_path_factory.mktemp("family")
    oracle = save(KINDS[name], directory / "checkpoint")
    build(directory / "checkpoint", directory / "bundle", pooling)
    return Built(KINDS[name], directory / "bundle", open_bundle(directory / "bundle"), oracle)


def random_ids(count: int, seed: int) -> list[int]:
    """`count` ids, every tenth or so a special token, as a user may type them."""
    generator = np.random.default_rng(seed)
    ids = generator.integers(5, SHAPE["vocab_size"], count)
    literal = generator.random(count) < 0.1
    ids[literal] = generator.integers(0, 5, literal.sum())
    return [int(i) for i in ids]


def test_every_length_has_the_vector_of_transformers(built: Built) -> None:
    longest = built.opened.manifest.max_tokens
    assert longest == built.kind.max_tokens
    for count in (1, 2, 3, 8, 9, 10, 17, 25, 40, longest - 1, longest):
        ids = random_ids(count, count)
        expected = built.expected(ids)
        for engine in (built.opened.onnx, built.opened.transformers):
            vector = engine.encode(ids)
            assert (vector.shape, vector.dtype) == ((SHAPE["hidden_size"],), np.float32)
            assert np.abs(vector - expected).max() <= TOLERANCE, count


@pytest.mark.parametrize("count", [1, 9, 10, 60])
def test_a_batch_has_the_vectors_of_transformers(built: Built, count: int) -> None:
    batch = [random_ids(count, seed) for seed in range(4)]
    expected = np.stack([built.expected(ids) for ids in batch])
    assert np.abs(built.opened.onnx.encode_batch(batch) - expected).max() <= TOLERANCE


@pytest.mark.parametrize(
    "text", ["", "<pad> <pad>", "[PAD] a [MASK] b [SEP]", "a <mask> b </s> c <s>", "Ünïcödé 🚗 车祸 " * 40]
)
def test_texts_with_special_tokens_of_every_family(built: Built, text: str) -> None:
    tokenizer = ServiceTokenizer((built.directory / files.TOKENIZER).read_bytes(), built.opened.manifest.max_tokens)
    ids = tokenizer.encode(text).ids
    assert len(ids) <= built.kind.max_tokens
    assert np.abs(built.opened.onnx.encode(ids) - built.expected(ids)).max() <= TOLERANCE


def test_only_a_window_needs_a_second_graph(built: Built) -> None:
    manifest = built.opened.manifest
    assert (files.LONG_GRAPH in manifest.files) == (manifest.window > 0)
    assert manifest.weights == "directory"
    assert manifest.model == "checkpoint"


def test_the_plan_holds_the_tensors_of_the_graph_and_no_others(built: Built) -> None:
    header = header_of(built.directory / files.WEIGHTS)
    shape = Architecture.from_config(json.loads((built.directory / files.CONFIG).read_text()))
    read = graph.build_short(shape, header).graph.initializer
    used = {tensor.name: offset_of(tensor) for tensor in read}
    assert {name: tensor.offset for name, tensor in planned(header).items()} == used


def planned(header: Header) -> dict[str, Tensor]:
    """The tensors of the plan and their parts, by their names in the graph."""
    names = byte_ranges.needed_tensors(header)
    return {part: tensor for name in names for part, tensor in parts(name, header.tensors[name]).items()}


def offset_of(tensor: TensorProto) -> int:
    return next(int(entry.value) for entry in tensor.external_data if entry.key == "offset")


def header_of(weights: Path) -> Header:
    return safetensors_header.parse(weights.read_bytes())


@pytest.fixture(scope="module")
def rotary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("rotary")
    save(KINDS["modernbert"], directory)
    return directory


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    save(KINDS["bert"], tmp_path / "checkpoint")
    return tmp_path / "checkpoint"


def test_layer_norms_may_have_the_names_that_tensorflow_gave_them(checkpoint: Path, tmp_path: Path) -> None:
    before = open_bundle(built_in(checkpoint, tmp_path / "a"))
    tensors = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor
        for name, tensor in load_file(checkpoint / files.WEIGHTS).items()
    }
    save_file(tensors, checkpoint / files.WEIGHTS, {"format": "pt"})
    old, new = (header_of(path / files.WEIGHTS) for path in (tmp_path / "a", checkpoint))
    assert set(planned(new)) == set(planned(old))
    after = open_bundle(built_in(checkpoint, tmp_path / "b"))
    ids = random_ids(20, 1)
    np.testing.assert_array_equal(before.onnx.encode(ids), after.onnx.encode(ids))
    assert np.abs(after.transformers.encode(ids) - after.onnx.encode(ids)).max() <= TOLERANCE


def built_in(checkpoint: Path, out: Path, pooling: str = "") -> Path:
    build(checkpoint, out, pooling)
    return out


MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
]


@pytest.mark.parametrize(
    ("said", "pooling"),
    [
        ({"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}, "mean"),
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, "cls"),
        ({"pooling_mode": "mean"}, "mean"),
        ({}, "mean"),
        ({"pooling_mode": ["lasttoken"]}, "lasttoken"),
    ],
)
def test_a_sentence_transformers_checkpoint_says_its_pooling_and_its_limit(
    checkpoint: Path, tmp_path: Path, said: dict[str, object], pooling: str
) -> None:
    (checkpoint / "modules.json").write_text(json.dumps(MODULES))
    change(checkpoint, "1_Pooling/config.json", word_embedding_dimension=32, **said)
    change(checkpoint, "sentence_bert_config.json", max_seq_length=40, do_lower_case=False)
    manifest = build(checkpoint, tmp_path / "b")
    assert (manifest.pooling, manifest.max_tokens) == (pooling, 40)


def test_a_limit_beyond_the_positions_does_not_count(checkpoint: Path, tmp_path: Path) -> None:
    (checkpoint / "modules.json").write_text(json.dumps(MODULES))
    change(checkpoint, "1_Pooling/config.json", pooling_mode_mean_tokens=True)
    change(checkpoint, "sentence_bert_config.json", max_seq_length=5000)
    assert build(checkpoint, tmp_path / "b").max_tokens == 90


def test_what_the_checkpoint_says_is_not_overruled(checkpoint: Path, tmp_path: Path) -> None:
    (checkpoint / "modules.json").write_text(json.dumps(MODULES))
    change(checkpoint, "1_Pooling/config.json", pooling_mode_mean_tokens=True)
    with pytest.raises(BuildError, match="says itself that it is pooled by mean: leave out --pooling"):
        build(checkpoint, tmp_path / "b", "cls")
    assert build(checkpoint, tmp_path / "b", "mean").pooling == "mean"


@pytest.mark.parametrize(
    ("file", "fields", "words"),
    [
        ("config.json", {"model_type": "deberta-v2"}, "'deberta-v2', of which the encoder graph lacks its attention"),
        ("config.json", {"model_type": "gpt2"}, "model_type is 'gpt2'; supported are bert, camembert"),
        ("config.json", {"position_embedding_type": "relative_key"}, "position_embedding_type is 'relative_key'; only"),
        ("config.json", {"is_decoder": True}, "is_decoder is True; only False"),
        ("config.json", {"add_cross_attention": True}, "add_cross_attention is True; only False"),
        ("config.json", {"is_encoder_decoder": True}, "is_encoder_decoder is True; only False"),
        ("config.json", {"hidden_act": "gelu_new"}, "hidden_act is 'gelu_new'; only 'gelu'"),
        ("config.json", {"embedding_size": 16}, "embedding_size is 16; only that of hidden_size, 32"),
        ("config.json", {"quantization_config": {"bits": 8}}, "quantization_config is .*; only None"),
        ("config.json", {"num_attention_heads": 5}, "5 heads do not share 32 columns"),
        ("config.json", {"max_position_embeddings": 1}, "max_position_embeddings is 1; that holds no text"),
        ("config.json", {"max_position_embeddings": 300}, r"position_embeddings.weight has shape \(90, 32\); .*300"),
        ("config.json", {"hidden_size": "wide"}, "config.json cannot be used: ValueError"),
        ("config.json", {"num_hidden_layers": 4}, r"has no tensor encoder\.layer\.3\.attention"),
        ("config.json", {"vocab_size": 500}, "has a token 599; config.json says vocab_size 500"),
        ("1_Pooling/config.json", {"pooling_mode_sum": True}, "has \\['pooling_mode_sum'\\], which is not known"),
        (
            "1_Pooling/config.json",
            {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True},
            r"says \['cls', 'mean'\]; one of cls, mean",
        ),
        ("1_Pooling/config.json", {"pooling_mode": "median"}, r"says \['median'\]; one of cls, mean"),
        ("sentence_bert_config.json", {"max_seq_length": "long"}, "max_seq_length 'long'; a number"),
    ],
)
def test_what_would_not_be_right_is_refused(
    checkpoint: Path, tmp_path: Path, file: str, fields: dict[str, object], words: str
) -> None:
    if file != files.CONFIG:
        (checkpoint / "modules.json").write_text(json.dumps(MODULES))
        change(checkpoint, "1_Pooling/config.json", word_embedding_dimension=32)
    change(checkpoint, file, **fields)
    with pytest.raises(UnsupportedModel, match=words):
        build(checkpoint, tmp_path / "b")
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (
            {"path": "2_Dense", "type": "sentence_transformers.models.Dense"},
            r"has \['Dense'\]; only",
        ),
        (
            {"path": "0_Transformer", "type": "sentence_transformers.models.Transformer"},
            "Normalize, Transformer; one Transformer",
        ),
        ({"type": "sentence_transformers.models.Pooling"}, "each module needs a type and a path"),
    ],
)
def test_steps_that_the_service_does_not_take_are_refused(
    checkpoint: Path, tmp_path: Path, module: dict[str, str], words: str
) -> None:
    (checkpoint / "modules.json").write_text(json.dumps([*MODULES, module]))
    with pytest.raises(UnsupportedModel, match=words):
        build(checkpoint, tmp_path / "b")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"hidden_activation": "relu"}, "hidden_act is 'relu'; only 'gelu'"),
        ({"local_attention": 1}, "local_attention is 1; a number from 2 on"),
        ({"layer_types": ["full_attention", "sliding_attention"]}, "for each of 3 layers is needed"),
        ({"layer_types": None, "global_attn_every_n_layers": 0}, "global_attn_every_n_layers is 0; 1 or more"),
        ({"rope_scaling": {"type": "linear", "factor": 2.0}}, "rope_scaling is .*; only None"),
        (
            {"rope_parameters": {"full_attention": {"rope_type": "yarn", "rope_theta": 9.0}}},
            "rope_type is 'yarn'; only",
        ),
        ({"rope_parameters": {"rope_theta": 9.0}}, "rope_parameters is .*; a rope_theta for each of"),
        ({"rope_parameters": {"sliding_attention": {"rope_theta": None}}}, "rope_theta of sliding_attention is None"),
        ({"mlp_bias": True}, r"has no tensor encoder\.layer\.0\.intermediate\.dense\.bias"),
        ({"norm_bias": "yes"}, "norm_bias is 'yes'; true or false"),
        ({"head_dim": 16}, "head_dim is 16; only None"),
        ({"num_attention_heads": 32}, "a head has 1 columns; rotary positions need an even number"),
        ({"intermediate_size": 70}, r"mlp\.W.\.weight' has the shape .*, which does not fit config\.json"),
    ],
)
def test_a_modernbert_that_would_not_be_exact_is_refused(rotary: Path, fields: dict[str, object], words: str) -> None:
    config = {**json.loads((rotary / files.CONFIG).read_text()), **fields}
    with pytest.raises(UnsupportedModel, match=words):
        read_and_write(config, header_of(rotary / files.WEIGHTS))


def read_and_write(config: dict[str, object], header: Header) -> None:
    shape = Architecture.from_config(config)
    weights.check(shape, header)
    graph.build_short(shape, header)


def test_rotary_bases_may_have_their_older_names(rotary: Path) -> None:
    config = json.loads((rotary / files.CONFIG).read_text())
    plain = Architecture.from_config({**config, "rope_parameters": None})
    assert plain.style.rotary == (160_000.0, 10_000.0, 10_000.0)
    older = {"rope_parameters": None, "global_rope_theta": 5, "local_rope_theta": 7.5}
    assert Architecture.from_config({**config, **older}).style.rotary == (5.0, 7.5, 7.5)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("encoder.layer.0.attention.self.query.weight", (31, 32)),
        ("encoder.layer.1.intermediate.dense.bias", (1,)),
        ("encoder.layer.1.output.LayerNorm.weight", (1,)),
        ("encoder.layer.2.output.dense.weight", (0, 72)),
    ],
)
def test_a_tensor_of_another_shape_is_refused(
    checkpoint: Path, tmp_path: Path, name: str, shape: tuple[int, ...]
) -> None:
    tensors = {**load_file(checkpoint / files.WEIGHTS), name: np.zeros(shape, np.float32)}
    save_file(tensors, checkpoint / files.WEIGHTS, {"format": "pt"})
    with pytest.raises(UnsupportedModel, match=rf"{name}' has the shape .*, which does not fit config\.json"):
        build(checkpoint, tmp_path / "b")


def test_half_precision_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    tensors = load_file(checkpoint / files.WEIGHTS)
    name = "embeddings.word_embeddings.weight"
    save_file({**tensors, name: tensors[name].astype(np.float16)}, checkpoint / files.WEIGHTS, {"format": "pt"})
    with pytest.raises(UnsupportedModel, match=r"word_embeddings\.weight' is F16; only F32"):
        build(checkpoint, tmp_path / "b")


def test_a_tokenizer_without_special_tokens_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    change(checkpoint, "tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast")
    fields = json.loads((checkpoint / files.TOKENIZER).read_text())
    (checkpoint / files.TOKENIZER).write_text(json.dumps({**fields, "post_processor": None}))
    with pytest.raises(UnsupportedModel, match="puts 0 special tokens around a text"):
        build(checkpoint, tmp_path / "b")
    (checkpoint / files.TOKENIZER).write_text("{")
    with pytest.raises(UnsupportedModel, match=r"the tokenizer of tokenizer\.json and .* cannot be read"):
        build(checkpoint, tmp_path / "b")


@pytest.mark.parametrize("name", [files.CONFIG, files.WEIGHTS, files.TOKENIZER])
def test_a_directory_without_a_file_of_a_checkpoint_is_named(checkpoint: Path, tmp_path: Path, name: str) -> None:
    (checkpoint / name).unlink()
    with pytest.raises(BuildError, match=rf"has no .*{name}"):
        build(checkpoint, tmp_path / "b")
