"""Fixtures of the service's tests: an opened bundle, both engines, and Lambda's context."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contract import bundle as files
from similarity.bundle import safetensors_header
from similarity.bundle.manifest import Manifest, parse
from similarity.engines import Engine
from similarity.engines.onnx import OnnxEngine
from similarity.stores.directory import DirectoryStore
from tests.conftest import Lab


@dataclass
class Opened:
    """A bundle in a directory with the engines that read it."""

    manifest: Manifest
    onnx: OnnxEngine
    transformers: Engine


def open_bundle(directory: Path, manifest: Manifest | None = None) -> Opened:
    """Both engines over the files of `directory`; `manifest` if the directory has none yet."""
    from similarity.engines import onnx, transformers

    store = DirectoryStore(str(directory), 4)
    manifest = manifest or parse(store.read(files.MANIFEST))
    weights = store.weights(files.WEIGHTS, 1 << 16, "onnx")
    header = safetensors_header.parse(weights.start)
    small = {name: store.read(name) for name in (*onnx.files(manifest), *transformers.files(manifest))}
    return Opened(
        manifest,
        onnx.make(manifest, header, weights, small),
        transformers.make(manifest, header, weights, small),
    )


@pytest.fixture(scope="session")
def opened(tiny_bundle: Path) -> Opened:
    return open_bundle(tiny_bundle)


@dataclass
class Context:
    """Lambda's context. A stand-in; the tests over HTTP have the runtime's real one."""

    aws_request_id: str = "3f1c"
    remaining: int = 30_000
    get_remaining_time_in_millis: Callable[[], int] = field(init=False)

    def __post_init__(self) -> None:
        self.get_remaining_time_in_millis = lambda: self.remaining


@pytest.fixture
def context() -> Context:
    return Context()


@pytest.fixture(scope="session")
def bucket(lab: Lab) -> tuple[str, str]:
    """Endpoint and name of the lab's bucket, as the S3 function is given them."""
    name = lab.outputs["backends"]["s3"]["functionName"]
    variables = lab.lambda_client().get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    return variables["AWS_ENDPOINT_URL_S3"], variables["MODEL_BUCKET"]


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service measures its budgets from the start of its process; in these tests that is pytest's."""
    monkeypatch.setattr("similarity.service.since_process_start", lambda: 0.0)
