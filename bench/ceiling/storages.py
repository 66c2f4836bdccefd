"""Each storage's fetch beside a raw read of the same bytes and beside what people use, in randomised rounds."""

from __future__ import annotations

import random
import tempfile
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.ceiling import raw
from bench.ceiling.samples import Sample, Samples, run_worker
from bench.client.answer import request_body
from bench.client.functions import Functions
from bench.client.http import HttpClient
from bench.errors import TargetError
from bench.records.schema import Observation
from bench.target.deployment import Backend, Deployment
from bench.texts import text_of

REQUEST_TIMEOUT_S = 60.0
OURS_ALONE = "our fetch, alone"


@dataclass(frozen=True)
class Bench:
    """A running lab and what is needed to read its storages past the service."""

    deployment: Deployment
    functions: Functions
    http: HttpClient
    bundle: str
    cache: str
    ranges: Sequence[Sequence[int]]

    def make_cold(self, backend: Backend, engine: str) -> Mapping[str, str]:
        """Retire the environments; with the cold policy the lab also evicts what the storage holds in memory."""
        variables = {**self.functions.configuration(backend).variables, "ENGINE": engine}
        variables["CONFIG_NONCE"] = uuid.uuid4().hex
        self.functions.configure(backend, variables, None)
        return variables

    def ask(self, backend: Backend, tokens: int = 20) -> Observation:
        """One request over HTTP; raises TargetError unless it is answered well."""
        body = request_body(text_of(tokens))
        answer = self.http.post(f"/{backend.name}/similar", body, REQUEST_TIMEOUT_S)
        if answer.status != 200:
            raise TargetError(f"{backend.name} answered {answer.status}: {answer.error}")
        return answer


def measure(bench: Bench, samples: Samples, rounds: int, seed: int) -> None:
    """Cold starts of both engines, raw reads and rival ways, every round in an order of its own."""
    order = random.Random(seed)  # noqa: S311 - an experiment's order, no secret
    steps = [step for backend in bench.deployment.backends for step in _steps(bench, samples, backend)]
    for number in range(rounds):
        order.shuffle(steps)
        for step in steps:
            step(number)


def _cold_start(bench: Bench, samples: Samples, backend: Backend, engine: str, number: int) -> None:
    bench.make_cold(backend, engine)
    answer = bench.ask(backend)
    if answer.invocation != 1:
        raise TargetError(f"{backend.name} was not cold: invocation {answer.invocation}")
    where = f"{backend.name}, {bench.cache} cache"
    samples.add(Sample("cold start", where, engine, answer.request_ms, "ms", number))
    samples.add(Sample("bytes fetched", where, engine, float(answer.fetched_bytes or 0), "bytes", number))
    for phase, milliseconds in answer.phases_ms.items():
        samples.add(Sample(f"phase {phase}", where, engine, milliseconds, "ms", number))


def _steps(bench: Bench, samples: Samples, backend: Backend) -> list[Callable[[int], None]]:
    where = f"{backend.name}, {bench.cache} cache"

    def record(how: str, milliseconds: float, size: int, number: int) -> None:
        samples.add(Sample("read", where, how, milliseconds, "ms", number))
        samples.add(Sample("rate", where, how, size / milliseconds / 1000, "MB/s", number))

    def raw_read(number: int) -> None:
        variables = bench.make_cold(backend, "onnx")
        with raw.cores_busy() as busy:
            if "MODEL_DIR" in variables:
                taken = raw.dd(f"{variables['MODEL_DIR']}/model.safetensors", bench.ranges)
            else:
                taken = raw.ranged_get(_object_url(variables), bench.ranges)
        samples.add(Sample("busy", where, "raw read", busy.percent, "%", number))
        record("raw read", taken, sum(size for _, size in bench.ranges), number)

    def fetch_alone(number: int) -> None:
        variables = bench.make_cold(backend, "onnx")
        if "MODEL_DIR" in variables:
            found = run_worker("fetch_from_directory", path=variables["MODEL_DIR"])
        else:
            where = {"bucket": variables["MODEL_BUCKET"], "prefix": variables["MODEL_PREFIX"]}
            with tempfile.TemporaryDirectory() as directory:
                found = run_worker("fetch_from_bucket", {**_access(variables), "TMPDIR": directory}, **where)
        record(OURS_ALONE, found["ms"], sum(size for _, size in bench.ranges), number)

    def boto3_download(number: int) -> None:
        variables = bench.make_cold(backend, "onnx")
        with tempfile.TemporaryDirectory() as directory:
            found = run_worker(
                "boto3_download",
                endpoint=variables["AWS_ENDPOINT_URL_S3"],
                bucket=variables["MODEL_BUCKET"],
                key=f"{variables['MODEL_PREFIX']}/model.safetensors",
                to=str(Path(directory) / "model.safetensors"),
            )
        record("boto3 download_file", found["ms"], found["bytes"], number)

    def mapped_load(number: int) -> None:
        names = run_worker("needed_tensors", bundle=bench.bundle)
        variables = bench.make_cold(backend, "onnx")
        path = f"{variables['MODEL_DIR']}/model.safetensors"
        found = run_worker("safetensors_load", path=path, names=names)
        record("safetensors, mapped", found["ms"], sum(size for _, size in bench.ranges), number)

    def whole_file(task: str, name: str, argument: str) -> Callable[[int], None]:
        def load(number: int) -> None:
            directory = bench.make_cold(backend, "onnx")["MODEL_DIR"]
            file = f"{directory}/model.safetensors"
            found = run_worker(task, None, **{argument: directory if argument == "directory" else file})
            record(name, found["ms"], Path(file).stat().st_size, number)

        return load

    def cold_start(engine: str) -> Callable[[int], None]:
        return lambda number: _cold_start(bench, samples, backend, engine, number)

    steps = [cold_start("onnx"), cold_start("transformers"), raw_read]
    if bench.cache == "cold":
        steps.append(fetch_alone)
    if backend.name == "s3":
        return [*steps, boto3_download]
    return [
        *steps,
        mapped_load,
        whole_file("from_pretrained", "from_pretrained", "directory"),
        whole_file("runai_stream", "runai-model-streamer", "path"),
    ]


def _access(variables: Mapping[str, str]) -> dict[str, str]:
    """What an S3 client finds in the environment; the lab accepts any credentials."""
    return {
        "AWS_ENDPOINT_URL_S3": variables["AWS_ENDPOINT_URL_S3"],
        "AWS_ACCESS_KEY_ID": "lab",
        "AWS_SECRET_ACCESS_KEY": "lab",
    }


def _object_url(variables: Mapping[str, str]) -> str:
    bucket, prefix = variables["MODEL_BUCKET"], variables["MODEL_PREFIX"]
    return f"{variables['AWS_ENDPOINT_URL_S3']}/{bucket}/{prefix}/model.safetensors"
