"""The readers of others' files and events in model/, images/, lab/ and stacks/, to try with mutated inputs."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from contract import bundle as files
from contract.bundle import CONFIG, TOKENIZER, WEIGHTS
from efs import seeder
from lab.host.errors import LabError
from lab.storages.bundle import read_bundle
from model.base.errors import BuildError
from model.bundles import incidents
from model.checkpoints import auto_tokenizer, checkpoint, limits, sentence_transformers, tokenizer
from model.checkpoints import weights as weights_of
from model.checkpoints.architecture import TINY
from model.graphs import graph
from model.index import sources
from model.index.containers import Meter
from similarity.api import request
from similarity.base.errors import BadRequest, StoreError
from similarity.bundle import safetensors_header
from similarity.bundle.manifest import parse
from similarity.bundle.ranking import Index
from similarity.bundle.safetensors_header import DamagedHeader
from stacks.bundle import Bundle
from stacks.errors import DeploymentError
from tests.images.support.events import CASES
from tests.support.mutate import Reader

MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
]
POOLING = {"word_embedding_dimension": 64, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True}
ROTARY = {
    **{"model_type": "modernbert", "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2},
    **{"intermediate_size": 96, "vocab_size": 1000, "max_position_embeddings": 512, "hidden_activation": "gelu"},
    **{"local_attention": 16, "norm_eps": 1e-5, "norm_bias": False, "layer_types": ["full_attention"] * 2},
    "rope_parameters": {"full_attention": {"rope_theta": 160000.0, "rope_type": "default"}},
}
SETTINGS = {"__version__": {"pytorch": "2"}, "prompts": {"query": "", "passage": "p: "}, "default_prompt_name": "query"}
LIMITS = {"max_seq_length": 8, "do_lower_case": False, "transformer_task": "feature-extraction", "model_args": {}}


def readers(bundle: Path) -> list[Reader]:
    """One reader for each kind of input; the samples come from a tiny bundle."""
    return [*checkpoint_readers(bundle), *data_readers(bundle)]


def data_readers(bundle: Path) -> list[Reader]:
    """The readers of all that is not a checkpoint: tables, archives, manifests, indexes and events."""
    manifest = (bundle / files.MANIFEST).read_bytes()
    events = [json.dumps(case.event).encode() for case in CASES.values()]
    return [
        *_table_readers(),
        Reader("incidents.jsonl", [b"\n".join(_sample())], _in_file("i.jsonl", incidents.read), (BuildError,)),
        Reader("manifest in the function", [manifest], parse, (StoreError,)),
        Reader("manifest in the lab", [manifest], _in_folder(files.MANIFEST, read_bundle), (LabError,)),
        Reader("manifest in the stack", [manifest], _in_folder(files.MANIFEST, Bundle.read), (DeploymentError,)),
        Reader("index vectors", [(bundle / files.VECTORS).read_bytes()], _vectors(bundle), (StoreError,)),
        Reader("index lines", [(bundle / files.INCIDENTS).read_bytes()], _lines(bundle), (StoreError,)),
        Reader("event of a request", events, _event, (BadRequest,)),
        Reader("event of the seeder", [_seeder_event(manifest)], _seed, (seeder.SeedError,)),
    ]


def checkpoint_readers(bundle: Path) -> Iterator[Reader]:
    """The readers of a checkpoint's own files; samples as in the bundle, or as sentence-transformers writes them."""
    weights = (bundle / WEIGHTS).read_bytes()
    start = weights[: safetensors_header.header_size(weights)]
    yield Reader("header of the weights", [start], safetensors_header.parse, (DamagedHeader,))
    configs = [(bundle / CONFIG).read_bytes(), json.dumps(ROTARY).encode()]
    yield Reader("config.json", configs, _config(start), (BuildError,))
    yield Reader(
        "tokenizer.json",
        [(bundle / TOKENIZER).read_bytes()],
        _in_file(TOKENIZER, lambda path: tokenizer.check(path, 1000)),
        (BuildError,),
    )
    for name, document in (
        (sentence_transformers.MODULES, MODULES),
        (sentence_transformers.POOLING, POOLING),
        (sentence_transformers.SETTINGS, SETTINGS),
        (limits.LIMITS[0], LIMITS),
    ):
        yield Reader(name, [json.dumps(document).encode()], _said(name), (BuildError,))

    index = {"metadata": {}, "weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}
    yield Reader(weights_of.SHARDS, [json.dumps(index).encode()], _shards, (BuildError,))
    yield Reader("a shard", [_shard("b")], _shards_with, (BuildError,))


def notes_readers(bundle: Path) -> Iterator[Reader]:
    """The files beside tokenizer.json. AutoTokenizer may raise anything; it runs in a process of its own."""
    import_module("transformers.models.auto.tokenization_auto")  # once, and not in each forked process
    notes = {"tokenizer_class": "RobertaTokenizer", "model_max_length": 512, "add_prefix_space": False}
    token = {"content": "<x>", "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    samples: dict[str, object] = {
        "tokenizer_config.json": {**notes, "added_tokens_decoder": {"1000": token}},
        "special_tokens_map.json": {"mask_token": token, "pad_token": "<pad>"},
        "added_tokens.json": {"<x>": 1000},
    }
    for name, document in samples.items():
        yield Reader(name, [json.dumps(document).encode()], _noted(bundle, name), (Exception,))


def _noted(bundle: Path, name: str) -> Callable[[bytes], object]:
    def read(data: bytes) -> object:
        with _folder() as folder:
            for other in (CONFIG, TOKENIZER):
                (folder / other).write_bytes((bundle / other).read_bytes())
            (folder / name).write_bytes(data)
            return auto_tokenizer.answer(str(folder), "0", str(folder / "made.json"))

    return read


def _shard(name: str) -> bytes:
    return safetensors_header.build({name: (2, 3)}) + bytes(24)


def _shards(index: bytes, second: bytes = _shard("b")) -> object:
    with _folder() as folder:
        files_of = {weights_of.SHARDS: index, "one.safetensors": _shard("a"), "two.safetensors": second}
        for name, data in files_of.items():
            (folder / name).write_bytes(data)
        found = {name: folder / name for name in files_of}
        weights_of.copy("model", found.get, folder / WEIGHTS)
        return weights_of.header(folder / WEIGHTS)


def _shards_with(second: bytes) -> object:
    index = {"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}
    return _shards(json.dumps(index).encode(), second)


def _table_readers() -> Iterator[Reader]:
    rows = [
        ["id", "title", "text", "date", "url"],
        ["1", "A", "a robot", "2020-01-01", ""],
        ["2", "B", "a, car\n2", "", ""],
    ]
    plain = _csv(rows)
    state = _csv([["incident_id", "count", "mean"], ["1", "2", "[0.5, 1.0]"]])
    lines = b'{"id": 1, "title": "A", "text": "a robot"}\n{"incident_id": 2, "text": "b", "date": "2020-01-01"}\n'
    tables = {
        "incidents.csv": _csv([["incident_id", "title", "date", "reports"], ["1", "A", "2020-01-01", "[5,6]"]]),
        "reports.csv": _csv([["report_number", "text", "title"], ["5", "a robot", "t"], ["6", "b", "t"]]),
    }
    tar = _tar(tables)
    samples = {
        "t.csv": plain, "t.tsv": plain.replace(b",", b"\t"), "state.csv": state, "t.jsonl": lines, "t.json": lines,
        "t.zip": _zip(tables), "t.tar": tar, "t.tar.gz": gzip.compress(tar), "t.tar.bz2": bz2.compress(tar),
        "t.tar.xz": lzma.compress(tar), "t.csv.gz": gzip.compress(plain),
    }  # fmt: skip
    for name, sample in samples.items():
        yield Reader(f"table {name}", [sample], _in_file(name, _records), (BuildError,))


def _records(path: Path) -> object:
    return list(sources.read(sources.detect(path), 2, Meter()))


def _config(start: bytes) -> Callable[[bytes], object]:
    header = safetensors_header.parse(start)

    def read(data: bytes) -> object:
        with _folder() as folder:
            (folder / CONFIG).write_bytes(data)
            shape = checkpoint.shape(folder, "cls")
            weights_of.check(shape, header)
            short = graph.build_short(shape, header)
            return short, graph.build_long(shape, header) if shape.window else None

    return read


def _said(name: str) -> Callable[[bytes], object]:
    def read(data: bytes) -> object:
        with _folder() as folder:
            for other, document in ((sentence_transformers.MODULES, MODULES), (sentence_transformers.POOLING, POOLING)):
                (folder / other).parent.mkdir(exist_ok=True)
                (folder / other).write_text(json.dumps(document))
            (folder / name).write_bytes(data)
            return sentence_transformers.read(lambda wanted: folder / wanted if (folder / wanted).is_file() else None)

    return read


def _vectors(bundle: Path) -> Callable[[bytes], object]:
    lines = (bundle / files.INCIDENTS).read_bytes()
    return lambda data: Index(data, lines)


def _lines(bundle: Path) -> Callable[[bytes], object]:
    vectors = (bundle / files.VECTORS).read_bytes()

    def read(data: bytes) -> object:
        return Index(vectors, data).nearest(np.ones(TINY.hidden, np.float32), -1)

    return read


def _event(data: bytes) -> object:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        return None  # Lambda itself refuses it
    request.preflight(event, "s3")
    return request.parse(event, "s3")


def _seeder_event(manifest: bytes) -> bytes:
    described = json.loads(manifest)
    return json.dumps({"bucket": "b", "prefix": described["source_hash"], "files": described["files"]}).encode()


def _seed(data: bytes) -> object:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return seeder.parse(event)


def _in_file(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    def into(data: bytes) -> object:
        with _folder() as folder:
            (folder / name).write_bytes(data)
            return read(folder / name)

    return into


def _in_folder(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    return _in_file(name, lambda path: read(path.parent))


@contextmanager
def _folder() -> Iterator[Path]:
    memory = "/dev/shm"
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


def _sample() -> list[bytes]:
    return incidents.SAMPLE.read_bytes().splitlines()[:3]


def _csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _tar(tables: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in tables.items():
            member = tarfile.TarInfo(f"mongodump_full_snapshot/{name}")
            member.size, member.pax_headers = len(data), {"comment": "ü"}
            archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


def _zip(tables: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in tables.items():
            archive.writestr(name, data)
    return file.getvalue()
