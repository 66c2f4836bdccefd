"""Fixtures that several folders share: a tiny bundle, and a lab that serves it from the three storages."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from hypothesis import settings
from rich.console import Console

from contract.checkout import ROOT
from model.bundles import bundle, incidents
from tests.support.dealing import Dealer, order

# A shell starts its background jobs with SIGINT ignored, and children inherit that: tests that press Ctrl-C would hang.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine takes longer than hypothesis' 200 ms for an example now and then, which says nothing of the code.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Dealer:
    return Dealer(config, log)


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A two-layer synthetic bundle with the sample incidents. Shared: do not change its files."""
    out = tmp_path_factory.mktemp("bundle") / "tiny"
    options = bundle.Options(bundle.LONGFORMER, "synthetic", incidents.SAMPLE, out, tiny=True)
    bundle.build(options, Console(quiet=True))
    return out


@dataclass(frozen=True)
class Lab:
    """A running `python -m lab up`."""

    outputs: dict[str, Any]
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        return str(self.outputs["apiUrl"])

    def lambda_client(self) -> Any:
        """boto3's own client for the Lambda API, without retries."""
        return boto3.client(
            "lambda",
            endpoint_url=self.outputs["endpointUrl"],
            region_name=self.outputs["region"],
            aws_access_key_id=self.outputs["accessKeyId"],
            aws_secret_access_key=self.outputs["secretAccessKey"],
            config=Config(retries={"total_max_attempts": 1}),
        )


@pytest.fixture(scope="session")
def lab(tiny_bundle: Path) -> Iterator[Lab]:
    """The lab on the tiny bundle, all three backends, stopped as a user would stop it."""
    command = [sys.executable, "-m", "lab", "up", "--json", "--bundle", str(tiny_bundle)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ})
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"the lab ended with exit code {process.wait()} before it was up"
    yield Lab(json.loads(line), process)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
