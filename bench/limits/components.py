"""Measures the encoder and the ranking apart from any storage, each engine in a process of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence

from bench.limits.found import Encoded, Ranked
from bench.limits.samples import Sample, Samples, run_worker
from bench.limits.stage import Stage
from bench.process.errors import TargetError
from contract.engines import ENGINES
from contract.environment import BLAS_THREADS
from contract.storages import IMAGE

TOKENS = (8, 20, 64, 128, 257, 512, 1000, 2000, 4096)
INDEX_SIZES = (1_000, 10_000, 100_000, 1_000_000)
HIDDEN = 768
AS_THE_SERVICE = {BLAS_THREADS: "1"}  # which sets this before it imports numpy


def encode(samples: Samples, bundle: str, rounds: int, repeats: int, tokens: Sequence[int] = TOKENS) -> None:
    """Warm encoding times; both engines meet a length within seconds of each other, on the same token ids.

    Every round has its own processes, because the place of a process's memory shifts all its times.
    """
    for count in tokens:
        for number in range(rounds):
            found = {
                engine: Encoded(**run_worker("encode", bundle=bundle, engine=engine, tokens=count, repeats=repeats))
                for engine in ENGINES
            }
            for engine, result in found.items():
                for milliseconds in result.times:
                    samples.add(Sample("encode", f"{count} tokens", engine, milliseconds, "ms", number))
        ours, theirs = (found[engine] for engine in ENGINES)
        delta = max(abs(a - b) for a, b in zip(ours.vector, theirs.vector, strict=True))
        samples.add(Sample("delta", f"{count} tokens", "onnx against transformers", delta, ""))
        same = ours.ranking == theirs.ranking
        samples.add(Sample("same ranking", f"{count} tokens", "onnx against transformers", float(same), ""))


def rank(samples: Samples, repeats: int) -> None:
    """Time the ranking over indexes of growing size."""
    for count in INDEX_SIZES:
        with tempfile.TemporaryDirectory() as directory:
            run_worker("write_index", directory=directory, count=count, hidden=HIDDEN)
            found = Ranked(**run_worker("rank", AS_THE_SERVICE, directory=directory, repeats=repeats))
        for number, milliseconds in enumerate(found.times):
            samples.add(Sample("rank", f"{count:,} incidents", "top 3", milliseconds, "ms", number))
        samples.add(Sample("open index", f"{count:,} incidents", "ranking process", found.open_ms, "ms"))
        samples.add(Sample("peak memory", f"{count:,} incidents", "ranking process", found.peak_mb, "MB"))


def choices(samples: Samples, bundle: str, rounds: int) -> None:
    """Every chosen setting of the session beside its rejected alternative, each in a fresh process."""
    names = run_worker("session_choices")
    for number in range(rounds):
        for name, environment in names.items():
            found = run_worker("session_choice", environment, bundle=bundle, name=name)
            for what, value in found.items():
                unit = "MB" if what == "peak memory" else "ms"
                samples.add(Sample(what, "session", name, value, unit, number))


def memory(samples: Samples, stage: Stage) -> None:
    """Max Memory Used of the image function's REPORT line, after a short text and after one of the longest."""
    backend = stage.deployment.backend(IMAGE.name)
    stage.make_cold(backend, "onnx")
    for tokens in (20, 4096):
        answer = stage.ask(backend, tokens if tokens < 4096 else 6000)  # more than enough: the service cuts it
        used = stage.report(backend, answer).max_memory_mb
        if used is None:
            raise TargetError(f"the REPORT line of request {answer.request_id} lacks the memory")
        samples.add(Sample("peak memory", f"function, {tokens} tokens", "onnx", float(used), "MB"))
