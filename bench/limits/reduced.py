"""Measures a bundle in int8 beside the one in fp32: cold starts by turns, those without a model too, and encodings."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.cost.model import Assumptions, Billed, Usage, request_usd
from bench.cost.prices import Prices, read_prices
from bench.deployments.answer import request_body
from bench.deployments.bundles import bundle_folders, model_arguments
from bench.deployments.deployment import Backend
from bench.limits.facts import agreement
from bench.limits.found import Encoded
from bench.limits.samples import Sample, Samples, run_worker
from bench.limits.stage import Stage, running_stage
from bench.process.errors import TargetError
from bench.runs.plan import named_in
from bench.runs.texts import text_of
from contract.engines import ONNX
from contract.precisions import FP32, INT8
from contract.routes import EMBED_TO_DB

START, BYTES, MEMORY, COST = "reduced start", "reduced bytes", "reduced memory", "reduced cost"
PHASE, ENCODE, AGREES, PRICED = "reduced phase ", "reduced encode", "agreement", "reduced prices"
COMPARED = (FP32, INT8)
BARE = "no model"
"""A start of the search function, which has neither weights nor onnxruntime nor tokenizer: the least that one takes."""
LENGTHS = {20: 5, 512: 3, 4096: 2}
"""Texts by tokens, and how often a process encodes each."""


def folders(bundle: Path) -> dict[str, Path]:
    """The bundle of each precision: the given one, and the one beside it. Raises UsageError where that is missing."""
    return bundle_folders(bundle, COMPARED)


def measure(samples: Samples, bundle: Path, rounds: int, out: Path, seed: int = 1) -> None:
    """Add `rounds` cold starts of each storage in each precision, encodings, and what int8's build says of its answers.

    Raises BenchError.
    """
    found = folders(bundle)
    for what, share in agreement(found[INT8]).items():
        samples.add(Sample(AGREES, INT8, what, share, ""))
    vector = _encodings(samples, found)
    with _both(found, out) as stage:
        _starts(stage, samples, rounds, seed, vector)


@contextmanager
def _both(found: dict[str, Path], out: Path) -> Iterator[Stage]:
    """A lab with cold caches that serves each storage in both precisions."""
    with running_stage(found[FP32], "cold", out, (), model_arguments(found)) as stage:
        yield replace(stage, deployment=stage.deployment.in_precisions(COMPARED))


def _starts(stage: Stage, samples: Samples, rounds: int, seed: int, vector: Sequence[float]) -> None:
    """Start every function in each round, in random order; one without a model is asked for a vector's neighbours."""
    order, prices = random.Random(seed), read_prices()  # noqa: S311 - an experiment's order, no secret
    samples.add(Sample(PRICED, "AWS", f"{prices.region}, {prices.date}", 0.0, ""))
    text, neighbours = request_body(text_of(20)), json.dumps({"embed": vector}).encode()
    cases = [_Case(each, *named_in(each.name), text) for each in stage.deployment.backends]
    cases += [_Case(_without_model(each.backend), each.storage, BARE, neighbours) for each in cases if each.how == FP32]
    for turn in range(rounds):
        order.shuffle(cases)
        for case in cases:
            _start(stage, samples, case, prices, turn)


@dataclass(frozen=True)
class _Case:
    """A function to start, with what its samples are named by, and the body that it is sent."""

    backend: Backend
    storage: str
    how: str
    body: bytes


def _without_model(backend: Backend) -> Backend:
    """The search function beside an encoder function (`contract/names.py`)."""
    return replace(
        backend,
        function_name=f"{backend.function_name}-search",
        log_group=f"{backend.log_group}-search",
        path=f"/{backend.name}/{EMBED_TO_DB.name}",
    )


def _start(stage: Stage, samples: Samples, case: _Case, prices: Prices, turn: int) -> None:
    backend, storage = case.backend, case.storage
    stage.make_cold(backend, ONNX)
    answer = stage.send(backend, case.body)
    if answer.invocation != 1:
        raise TargetError(f"{backend.name} was not cold: invocation {answer.invocation}")
    report = stage.report(backend, answer)
    if report.duration_ms is None or report.memory_mb is None or report.max_memory_mb is None:
        raise TargetError(f"the REPORT line of {backend.name} lacks a duration, or its memory")
    usage = Usage(storage, str(stage.deployment.architecture), report.memory_mb)
    billed_ms = max(report.billed_ms or 0.0, math.ceil(report.duration_ms + (report.init_ms or 0.0)))
    billed = Billed(billed_ms, answer.fetched_bytes or 0.0, answer.fetches)
    usd = request_usd(usage, billed, prices, Assumptions())
    for what, value, unit in (
        (START, answer.request_ms, "ms"),
        (BYTES, float(answer.fetched_bytes or 0), "bytes"),
        (MEMORY, float(report.max_memory_mb), "MB"),
        (COST, 1000 * usd, "USD for 1,000"),
        *((f"{PHASE}{phase}", milliseconds, "ms") for phase, milliseconds in answer.phases_ms.items()),
    ):
        samples.add(Sample(what, storage, case.how, value, unit, turn))


def _encodings(samples: Samples, found: dict[str, Path], rounds: int = 3) -> list[float]:
    """Warm encodings, both precisions within seconds of each other; returns a vector, the last one.

    Every round has its own processes.
    """
    vector: list[float] = []
    for tokens, repeats in LENGTHS.items():
        for turn in range(rounds):
            for precision, bundle in found.items():
                made = run_worker("encode", bundle=str(bundle), engine=ONNX, tokens=tokens, repeats=repeats)
                encoded = Encoded(**made)
                vector = encoded.vector
                for milliseconds in encoded.times:
                    samples.add(Sample(ENCODE, f"{tokens} tokens", precision, milliseconds, "ms", turn))
    return vector
