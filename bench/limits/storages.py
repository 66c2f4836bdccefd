"""Measures each storage's fetch beside a raw read of the same bytes and beside common libraries, in random order."""

from __future__ import annotations

import random
from collections.abc import Callable

from bench.deployments.deployment import Backend
from bench.limits.cores import core_time
from bench.limits.reads import Reads
from bench.limits.samples import Sample, Samples
from bench.limits.stage import Stage
from bench.process.errors import TargetError
from contract.storages import storage


def measure(stage: Stage, samples: Samples, rounds: int, seed: int) -> None:
    """Measure cold starts of both engines, raw reads and rival methods, each round in random order."""
    order = random.Random(seed)  # noqa: S311 - an experiment's order, no secret
    steps = [step for backend in stage.deployment.backends for step in _steps(stage, samples, backend)]
    for number in range(rounds):
        order.shuffle(steps)
        for step in steps:
            step(number)


def _steps(stage: Stage, samples: Samples, backend: Backend) -> list[Callable[[int], None]]:
    def cold_start(engine: str) -> Callable[[int], None]:
        return lambda number: _cold_start(stage, samples, backend, engine, number)

    reads = Reads(stage, samples, backend)
    steps = [cold_start("onnx"), cold_start("transformers"), reads.raw]
    if stage.cache == "cold":
        steps.append(reads.ours)
    if storage(backend.name).opened == "bucket":
        return [*steps, reads.boto3]
    return [*steps, reads.mapped, reads.from_pretrained, reads.runai]


def _cold_start(stage: Stage, samples: Samples, backend: Backend, engine: str, number: int) -> None:
    stage.make_cold(backend, engine)
    with core_time() as cores:
        answer = stage.ask(backend)
    if answer.invocation != 1:
        raise TargetError(f"{backend.name} was not cold: invocation {answer.invocation}")
    where = f"{backend.name}, {stage.cache} cache"
    samples.add(Sample("cold start", where, engine, answer.request_ms, "ms", number))
    samples.add(Sample("core time", where, engine, cores.total, "ms", number))
    samples.add(Sample("bytes fetched", where, engine, float(answer.fetched_bytes or 0), "bytes", number))
    for phase, milliseconds in answer.phases_ms.items():
        samples.add(Sample(f"phase {phase}", where, engine, milliseconds, "ms", number))
