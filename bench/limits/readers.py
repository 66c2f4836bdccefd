"""Measures one reader beside the number that each storage has, and makes a table of that.

In a lab that is shaped like Lambda the first cold start after a deployment is measured, too: each time in a lab of its
own, because only there no chunk of the image has been read.
"""

from __future__ import annotations

import math
import os
import random
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.deployments.deployment import Backend
from bench.limits.facts import facts
from bench.limits.samples import Sample, Samples
from bench.limits.stage import Stage, running_stage
from bench.limits.tables import number, table, timed
from bench.process.errors import TargetError
from bench.process.say import warn
from bench.runs.cold_starts.first_deploy import FirstDeploy
from bench.runs.cold_starts.new_sandbox import NewSandbox
from bench.stats.quantiles import quantile
from contract.environment import READERS
from contract.phases import FETCH
from contract.shapes import NONE
from contract.storages import USUAL, Storage, storage

ALONE, CHOSEN = "1", "as chosen"
NEW_IMAGE = ("--chunks", "new")  # options of the lab: nobody has read the image yet


def measure(bundle: Path, shape: str, rounds: int, numbers: Sequence[int]) -> Samples:
    """Compare 1, these numbers and the chosen one in a lab of that shape. Raises BenchError."""
    ways = (ALONE, *map(str, numbers), CHOSEN)
    options = ("--shape", shape) if shape != NONE else ()
    samples = Samples()
    for what, said in facts(bundle).items():
        samples.add(Sample("fact", what, said, 0.0, ""))
    with tempfile.TemporaryDirectory() as out, running_stage(bundle, "cold", Path(out), (), options) as stage:
        _measure_new(stage, samples, rounds, ways, seed=1)
    if options:
        _measure_first(bundle, samples, options, rounds, ways)
    return samples


def _measure_new(stage: Stage, samples: Samples, rounds: int, ways: Sequence[str], seed: int) -> None:
    """Start every storage each way in each round, in random order."""
    order = random.Random(seed)  # noqa: S311 - an experiment's order, no secret
    deployed = {each.name: stage.functions.configuration(each).variables.get(READERS, "") for each in _backends(stage)}
    cases = [(backend, way) for backend in _backends(stage) for way in ways]
    for turn in range(rounds):
        samples.add(Sample("load", "machine", "before a round", os.getloadavg()[0], "", turn))
        order.shuffle(cases)
        for backend, way in cases:
            warn(f"round {turn + 1} of {rounds}: {backend.name}, readers: {way}")
            stage.make_cold(backend, "onnx", readers=deployed[backend.name] if way == CHOSEN else way)
            _ask(stage, samples, backend, NewSandbox.name, way, turn)


def _measure_first(bundle: Path, samples: Samples, options: Sequence[str], rounds: int, ways: Sequence[str]) -> None:
    """Start the storages whose weights are in the image each way, each time after a deployment of its own."""
    for turn in range(rounds):
        for way in ways:
            with tempfile.TemporaryDirectory() as out, running_stage(
                bundle, "cold", Path(out), (), (*options, *NEW_IMAGE)
            ) as stage:  # fmt: skip
                for backend in _backends(stage):
                    if storage(backend.name).baked:
                        warn(f"round {turn + 1} of {rounds}, a new image: {backend.name}, readers: {way}")
                        if way != CHOSEN:
                            stage.make_cold(backend, "onnx", readers=way)
                        try:
                            _ask(stage, samples, backend, FirstDeploy.name, way, turn)
                        except TargetError as error:  # one reader may take longer than the API waits
                            warn(f"no figure for {backend.name}, {FirstDeploy.name}, readers: {way}: {error}")


def _backends(stage: Stage) -> tuple[Backend, ...]:
    return stage.deployment.backends


def _ask(stage: Stage, samples: Samples, backend: Backend, kind: str, way: str, turn: int) -> None:
    answer = stage.ask(backend)
    if answer.invocation != 1:
        raise TargetError(f"{backend.name} was not cold: invocation {answer.invocation}")
    where = f"{backend.name}, {kind}"
    samples.add(Sample("read start", where, way, answer.request_ms, "ms", turn))
    samples.add(Sample("read fetch", where, way, answer.phases_ms[FETCH], "ms", turn))


def document(samples: Samples, command: str) -> Iterator[str]:
    """The lines of the page: how and on what this was measured, and the table."""
    loads = samples.values("load", "machine", "before a round")
    yield from ("# How many readers", "")
    yield "`images/contract/readers.py` says how many readers read the weights side by side on each storage, and why,"
    yield "by figures that others published of Lambda. The variable `READERS` of a function sets another number."
    yield ""
    yield f"Made by `{command}`, of one run"
    yield "in a lab: these are not figures of AWS. Cold starts by turns; medians, with 95 % intervals where there are"
    yield f"enough, n = {len(loads)}. `fetch` is the reading of the weights, `whole` the cold start over HTTP; a"
    yield "first-deploy is the first one in a lab, when no chunk of the image has been read."
    yield ""
    for what, said in ((sample.where, sample.how) for sample in samples if sample.what == "fact"):
        yield f"- {what}: {said}"
    yield f"- load of the machine before a round: {number(min(loads))} to {number(max(loads))}"
    yield ""
    yield from lines(samples)


def lines(samples: Samples) -> Iterator[str]:
    """The table; no lines if nothing was measured."""
    found = {sample.how for sample in samples if sample.what == "read fetch"}
    ways = sorted(found, key=lambda way: math.inf if way == CHOSEN else int(way))
    if not ways:
        return
    readers = [CHOSEN if way == CHOSEN else "1 reader" if way == ALONE else f"{way} readers" for way in ways]
    yield from table(
        (
            "storage", "cold start", *(f"fetch, ms: {each}" for each in readers), f"{readers[0]} / {CHOSEN}",
            f"whole, ms: {readers[0]}", f"whole, ms: {readers[-1]}",
        ),
        [
            _row(samples, place, kind, ways)
            for kind in (NewSandbox.name, FirstDeploy.name)
            for place in USUAL.values()
            if samples.hows("read fetch", f"{place.name}, {kind}")
        ],
    )  # fmt: skip


def _row(samples: Samples, place: Storage, kind: str, ways: Sequence[str]) -> tuple[str, ...]:
    where = f"{place.name}, {kind}"
    fetches = [samples.values("read fetch", where, way) for way in ways]
    first, last = (samples.values("read start", where, way) for way in (ways[0], ways[-1]))
    gain = number(quantile(fetches[0], 0.5) / quantile(fetches[-1], 0.5)) if fetches[0] and fetches[-1] else ""
    return (place.label, kind, *map(_timed, fetches), gain, _timed(first), _timed(last))


def _timed(found: Sequence[float]) -> str:
    return timed(found) if found else "no answer in time"
