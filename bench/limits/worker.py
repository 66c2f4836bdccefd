"""Measures one component in a process of its own: `python -m bench.limits.worker TASK JSON`, JSON on stdout.

The benchmark proper never imports the service. These tasks measure its parts, so they do, each in its own process: two
engines in one process would fight for the cores, and peak memory is a property of a process.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from bench.limits.cores import core_time
from bench.limits.found import Encoded, Ranked, Read
from contract import bundle as files
from similarity.bundle import byte_ranges, safetensors_header
from similarity.bundle.manifest import parse
from similarity.engines import Engine
from similarity.stores.directory import DirectoryStore, store_at

SPECIAL_TOKENS = (0, 1, 2, 3, 4)  # <s>, <pad>, </s>, <unk>; <mask> is 4 or, in RoBERTa's vocabulary, the last


def planned_ranges(bundle: str) -> list[list[int]]:
    """[offset, size] of every range that the ONNX engine fetches before its first answer."""
    start = DirectoryStore(bundle, 1).weights(files.WEIGHTS, 1 << 20, "onnx").start
    return [[wanted.offset, wanted.size] for wanted in byte_ranges.fetch_plan(safetensors_header.parse(start))]


def encode(bundle: str, engine: str, tokens: int, repeats: int) -> Encoded:
    """Warm encodings of a text of so many tokens, and how it ranks the incidents."""
    from similarity.bundle.ranking import Index

    made = _engine(bundle, engine)
    index = Index(*((Path(bundle) / name).read_bytes() for name in (files.VECTORS, files.INCIDENTS)))
    ids = _ids(tokens, _vocabulary(bundle))
    vector = made.encode(ids)  # the first one warms up
    return Encoded(
        times=[_timed(lambda: made.encode(ids)) for _ in range(repeats)],
        vector=[float(value) for value in vector],
        ranking=[match.incident_id for match in index.nearest(vector, -1)],
    )


def write_index(directory: str, count: int, hidden: int) -> None:
    """Write an index of `count` random vectors in a bundle's format; not in the process whose memory counts."""
    generator = np.random.default_rng(0)
    shapes = {"ids": ("I64", [count], 8 * count), "vectors": ("F32", [count, hidden], 4 * count * hidden)}
    entries, offset = {}, 0
    for name, (dtype, shape, size) in shapes.items():
        entries[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % 8)
    with Path(directory, files.VECTORS).open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        np.arange(count).tofile(file)
        for start in range(0, count, 10_000):
            generator.standard_normal((min(10_000, count - start), hidden), dtype=np.float32).tofile(file)
    with Path(directory, files.INCIDENTS).open("wb") as file:
        file.writelines(b'{"incident_id": %d, "title": "t", "url": "u", "date": "d"}\n' % row for row in range(count))


def rank(directory: str, repeats: int) -> Ranked:
    """Milliseconds to open an index that was read and to find the three nearest, and the peak memory of it all."""
    from similarity.bundle.ranking import Index

    store = DirectoryStore(directory, 1)
    vectors, incidents = store.read(files.VECTORS), store.read(files.INCIDENTS)
    started = time.perf_counter()
    index = Index(vectors, incidents)
    opened = (time.perf_counter() - started) * 1000
    hidden = safetensors_header.parse(vectors[: 1 << 16]).tensors["vectors"].shape[1]
    query = np.random.default_rng(1).standard_normal(hidden, dtype=np.float32)
    times = [_timed(lambda: index.nearest(query, 3)) for _ in range(repeats)]
    return Ranked(times, opened, _peak_mb())


def fetch_from_directory(path: str) -> Read:
    """Milliseconds of our fetch alone, without imports."""
    weights = store_at(path).weights(files.WEIGHTS, 1 << 20, "onnx")
    ranges = byte_ranges.fetch_plan(safetensors_header.parse(weights.start))
    return _watched(lambda: weights.fetch(ranges))


def fetch_from_bucket(bucket: str, prefix: str) -> Read:
    """Milliseconds of our fetch alone, without imports; the environment says where S3 is."""
    from similarity.stores.bucket import BucketStore

    weights = BucketStore(bucket, prefix).weights(files.WEIGHTS, 1 << 20, "onnx")
    ranges = byte_ranges.fetch_plan(safetensors_header.parse(weights.start))
    return _watched(lambda: weights.fetch(ranges))


def boto3_download(endpoint: str, bucket: str, key: str, to: str) -> Read:
    """Milliseconds of boto3's managed download of a whole object, without import and client."""
    import boto3

    session = boto3.Session("lab", "lab", region_name="us-east-1")  # the lab accepts any credentials
    client = session.client("s3", endpoint_url=endpoint)
    return _watched(lambda: client.download_file(bucket, key, to))


def safetensors_load(path: str, names: Sequence[str]) -> Read:
    """Milliseconds of reading tensors by the safetensors package, which maps the file: page faults do the I/O."""
    from safetensors import safe_open

    def load() -> None:
        with safe_open(path, framework="numpy") as file:
            for name in names:
                file.get_tensor(name)

    return Read(_timed(load))


def from_pretrained(directory: str) -> Read:
    """Milliseconds of LongformerModel.from_pretrained over a directory, without imports."""
    from transformers import LongformerModel

    return Read(_timed(lambda: LongformerModel.from_pretrained(directory, local_files_only=True)))


def runai_stream(path: str) -> Read:
    """Milliseconds of reading a whole safetensors file by runai-model-streamer, which reads in parallel."""
    from runai_model_streamer import SafetensorsStreamer

    def stream() -> None:
        with SafetensorsStreamer() as streamer:
            streamer.stream_file(path)
            for _ in streamer.get_tensors():
                pass

    return Read(_timed(stream))


def needed_tensors(bundle: str) -> list[str]:
    """Names of the tensors in the fetch plan."""
    start = DirectoryStore(bundle, 1).weights(files.WEIGHTS, 1 << 20, "onnx").start
    return byte_ranges.needed_tensors(safetensors_header.parse(start))


def session_choices() -> dict[str, dict[str, str]]:
    """The settings that `session_choice` knows, the chosen one first, and the environment that each is to run in."""
    return {name: HUGE_PAGES if name == "malloc with huge pages" else {} for name in CHOICES}


def session_choice(bundle: str, name: str) -> dict[str, float]:
    """A session made with one setting changed: time to make it, first and later encodings of 20 tokens, peak memory."""
    import onnxruntime as ort

    from similarity.engines.embeddings import Embeddings
    from similarity.engines.mapped_weights import mapped

    store = DirectoryStore(bundle, 1)
    manifest = parse(store.read(files.MANIFEST))
    weights = store.weights(files.WEIGHTS, 1 << 20, "onnx")
    header = safetensors_header.parse(weights.start)
    weights.fetch(byte_ranges.fetch_plan(header))
    rows = Embeddings(header, weights, manifest.padding_id)(_ids(20, _vocabulary(bundle)))[None]
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry("session.disable_prepacking", "1")
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", bundle)
    graph = store.read(files.GRAPH)
    started = time.perf_counter()
    values = {} if name in BY_ONNXRUNTIME else mapped(header, Path(bundle) / files.WEIGHTS)
    kept = CHOICES[name](options)  # onnxruntime does not keep alive the buffers that it is given
    for tensor, value in values.items():
        options.add_initializer(tensor, value)
    session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    made = (time.perf_counter() - started) * 1000

    def run() -> None:
        session.run(["cls"], {"embeddings": rows})

    del kept
    first, later = _timed(run), sorted(_timed(run) for _ in range(15))
    return {"make session": made, "first encoding": first, "later encoding": later[7], "peak memory": _peak_mb()}


def _setting(attribute: str, value: object) -> Callable[[Any], None]:
    return lambda options: setattr(options, attribute, value)


def _entry(key: str, value: str) -> Callable[[Any], None]:
    return lambda options: options.add_session_config_entry(key, value)


def _weights_in_memory(options: Any) -> object:
    """The checkpoint read into memory instead of mapped; onnxruntime then copies what it needs once more."""
    directory = options.get_session_config_entry("session.model_external_initializers_file_folder_path")
    data = (Path(directory) / files.WEIGHTS).read_bytes()
    options.add_external_initializers_from_files_in_memory([files.WEIGHTS], [data], [len(data)])
    return data


def _all_optimisations(options: Any) -> None:
    import onnxruntime as ort

    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL


HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}  # the allocator asks for transparent huge pages

BY_ONNXRUNTIME = ("weights mapped by onnxruntime", "weights read into memory")

CHOICES: dict[str, Callable[[Any], object]] = {
    "as chosen": lambda options: None,
    "prepacked weights": _entry("session.disable_prepacking", "0"),
    "all graph optimisations": _all_optimisations,
    "one thread": _setting("intra_op_num_threads", 1),
    "spinning threads": _entry("session.intra_op.allow_spinning", "1"),
    "no memory arena": _setting("enable_cpu_mem_arena", False),
    "no memory pattern": _setting("enable_mem_pattern", False),
    "weights mapped by onnxruntime": lambda options: None,
    "weights read into memory": _weights_in_memory,
    "malloc with huge pages": lambda options: None,
}

TASKS: dict[str, Callable[..., Any]] = {
    task.__name__: task
    for task in (
        planned_ranges,
        encode,
        write_index,
        rank,
        fetch_from_directory,
        fetch_from_bucket,
        boto3_download,
        safetensors_load,
        from_pretrained,
        runai_stream,
        needed_tensors,
        session_choices,
        session_choice,
    )
}


def _engine(bundle: str, name: str) -> Engine:
    from similarity.loading.loader import import_engine

    store = DirectoryStore(bundle, 1)
    manifest = parse(store.read(files.MANIFEST))
    weights = store.weights(files.WEIGHTS, 1 << 20, "onnx")
    module = import_engine(name)
    small = {file: store.read(file) for file in module.files(manifest)}
    return module.make(manifest, safetensors_header.parse(weights.start), weights, small)


def _ids(count: int, vocabulary: int) -> list[int]:
    """Random token ids with literal special tokens among them; the same for every engine."""
    generator = np.random.default_rng(count)
    ids = generator.integers(5, vocabulary, count)
    literal = generator.random(count) < 0.05
    ids[literal] = generator.choice([*SPECIAL_TOKENS, vocabulary - 1], literal.sum())
    ids[0], ids[-1] = 0, 2
    return [int(value) for value in ids]


def _vocabulary(bundle: str) -> int:
    return int(json.loads((Path(bundle) / files.CONFIG).read_text())["vocab_size"])


def _timed(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return (time.perf_counter() - start) * 1000


def _watched(step: Callable[[], object]) -> Read:
    """Milliseconds of a step, and the core time of the whole machine and of this process meanwhile."""
    with core_time() as cores:
        taken = _timed(step)
    return Read(taken, cores.total, cores.own)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    found = TASKS[sys.argv[1]](**json.loads(sys.argv[2]))
    print(json.dumps(asdict(found) if isinstance(found, Encoded | Ranked | Read) else found))
