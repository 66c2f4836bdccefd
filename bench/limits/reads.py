"""Reads one storage's weights by our fetch, by a raw reader and by common libraries, one step of a round each."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.deployments.deployment import Backend
from bench.limits import raw
from bench.limits.cores import core_time
from bench.limits.found import Read
from bench.limits.samples import Sample, Samples, run_worker
from bench.limits.stage import Stage
from contract.bundle import WEIGHTS
from contract.environment import MODEL_BUCKET, MODEL_DIR, MODEL_PREFIX, S3_ENDPOINT

OURS_ALONE = "our fetch, alone"
RAW = "raw read"
BOTO3 = "boto3 download_file"


@dataclass(frozen=True)
class Reads:
    """The ways of reading what `backend` keeps. Every method takes the number of its round and adds its samples."""

    stage: Stage
    samples: Samples
    backend: Backend

    def raw(self, number: int) -> None:
        """Read the planned bytes by a program that does nothing else: dd, or ranged GETs whose bytes are dropped."""
        variables = self._cold()
        with core_time() as cores:
            if MODEL_DIR in variables:
                taken = raw.dd(_file(variables), self.stage.ranges)
            else:
                taken = raw.ranged_get(_object_url(variables), self.stage.ranges)
        self._record(RAW, Read(taken, cores.total, cores.own), self._planned, number)

    def ours(self, number: int) -> None:
        """Read the planned bytes by our fetch, in a process that does nothing else."""
        variables = self._cold()
        if MODEL_DIR in variables:
            found = _read("fetch_from_directory", path=variables[MODEL_DIR])
        else:
            where = {"bucket": variables[MODEL_BUCKET], "prefix": variables[MODEL_PREFIX]}
            with tempfile.TemporaryDirectory() as directory:
                found = _read("fetch_from_bucket", {**_access(variables), "TMPDIR": directory}, **where)
        self._record(OURS_ALONE, found, self._planned, number)

    def boto3(self, number: int) -> None:
        """Read the whole object by boto3's managed download."""
        variables = self._cold()
        with tempfile.TemporaryDirectory() as directory:
            to = Path(directory) / WEIGHTS
            found = _read(
                "boto3_download",
                endpoint=variables[S3_ENDPOINT],
                bucket=variables[MODEL_BUCKET],
                key=f"{variables[MODEL_PREFIX]}/{WEIGHTS}",
                to=str(to),
            )
            size = to.stat().st_size
        self._record(BOTO3, found, size, number)

    def mapped(self, number: int) -> None:
        """Read the planned tensors by the safetensors package."""
        names = run_worker("needed_tensors", bundle=self.stage.bundle)
        found = _read("safetensors_load", path=_file(self._cold()), names=names)
        self._record("safetensors, mapped", found, self._planned, number)

    def from_pretrained(self, number: int) -> None:
        """Read the whole file by transformers."""
        variables = self._cold()
        found = _read("from_pretrained", directory=variables[MODEL_DIR])
        self._record("from_pretrained", found, Path(_file(variables)).stat().st_size, number)

    def runai(self, number: int) -> None:
        """Read the whole file by runai-model-streamer."""
        path = _file(self._cold())
        self._record("runai-model-streamer", _read("runai_stream", path=path), Path(path).stat().st_size, number)

    def _cold(self) -> Mapping[str, str]:
        return self.stage.make_cold(self.backend, "onnx")

    @property
    def _planned(self) -> int:
        return sum(size for _, size in self.stage.ranges)

    def _record(self, how: str, found: Read, size: int, number: int) -> None:
        where = f"{self.backend.name}, {self.stage.cache} cache"
        self.samples.add(Sample("read", where, how, found.ms, "ms", number))
        self.samples.add(Sample("rate", where, how, size / found.ms / 1000, "MB/s", number))
        for what, taken in (("core time", found.core_ms), ("own core time", found.own_core_ms)):
            if taken is not None:
                self.samples.add(Sample(what, where, how, taken, "ms", number))


def _read(task: str, environment: Mapping[str, str] | None = None, **arguments: Any) -> Read:
    """A read by a task of the worker, in a process of its own."""
    return Read(**run_worker(task, environment, **arguments))


def _access(variables: Mapping[str, str]) -> dict[str, str]:
    """An S3 client's environment variables; the lab accepts any credentials."""
    return {
        S3_ENDPOINT: variables[S3_ENDPOINT],
        "AWS_ACCESS_KEY_ID": "lab",
        "AWS_SECRET_ACCESS_KEY": "lab",
    }


def _file(variables: Mapping[str, str]) -> str:
    return f"{variables[MODEL_DIR]}/{WEIGHTS}"


def _object_url(variables: Mapping[str, str]) -> str:
    bucket, prefix = variables[MODEL_BUCKET], variables[MODEL_PREFIX]
    return f"{variables[S3_ENDPOINT]}/{bucket}/{prefix}/{WEIGHTS}"
