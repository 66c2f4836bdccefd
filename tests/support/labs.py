"""Starts labs as a user does, with `python -m lab up`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from contract.checkout import ROOT


@dataclass(frozen=True)
class Lab:
    """A lab that is up."""

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


@contextmanager
def running(bundle: Path, *options: str) -> Iterator[Lab]:
    """A lab that is up, and is stopped as a user would stop it."""
    with started(bundle, None, "--json", *options, stderr=None) as process:
        yield Lab(read_outputs(process), process)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


@contextmanager
def started(
    bundle: Path, tmp: Path | None, *options: str, stderr: int | None = subprocess.PIPE
) -> Iterator[subprocess.Popen[str]]:
    """The process of a lab, with its root folder under `tmp` if that is given; killed in the end."""
    command = [sys.executable, "-m", "lab", "up", "--bundle", str(bundle), *options]
    environment = {**os.environ, **({"TMPDIR": str(tmp)} if tmp else {})}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=stderr)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_outputs(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait until a lab that was started with `--json` is up; what it prints then."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, (process.wait(60), process.communicate())
    outputs: dict[str, Any] = json.loads(line)
    return outputs
