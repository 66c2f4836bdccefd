"""Starts a lab and gives what is needed to read its storages past the service."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.deployments.answer import request_body
from bench.deployments.auth import make_signer
from bench.deployments.deployment import Backend, Deployment
from bench.deployments.functions import Functions
from bench.deployments.http import HttpClient
from bench.deployments.lab import running_lab
from bench.process.errors import TargetError
from bench.runs.log_lines import ReportLine, parse_log_line
from bench.runs.records import Observation
from bench.runs.texts import text_of
from contract.environment import CONFIG_NONCE, ENGINE, READERS, VERIFY_WEIGHTS

REQUEST_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Stage:
    """`ranges` are the [offset, size] that an answer needs, `cache` is the lab's policy, cold or warm."""

    deployment: Deployment
    functions: Functions
    http: HttpClient
    bundle: str
    cache: str
    ranges: Sequence[Sequence[int]]

    def make_cold(
        self, backend: Backend, engine: str, verify: bool = False, readers: str | None = None
    ) -> Mapping[str, str]:
        """Retire the environments; with the cold policy the lab also evicts what the storage holds in memory.

        `readers` replaces the function's READERS, which stay so.
        """
        variables = {**self.functions.configuration(backend).variables, ENGINE: engine}
        variables[VERIFY_WEIGHTS] = str(int(verify))
        if readers is not None:
            variables[READERS] = readers
        variables[CONFIG_NONCE] = uuid.uuid4().hex
        self.functions.configure(backend, variables, None)
        return variables

    def ask(self, backend: Backend, tokens: int = 20) -> Observation:
        """Send a text of so many tokens over HTTP; raises TargetError unless the answer is good."""
        return self.send(backend, request_body(text_of(tokens)))

    def send(self, backend: Backend, body: bytes) -> Observation:
        """Send one request over HTTP; raises TargetError unless the answer is good."""
        answer = self.http.post(backend.route, body, REQUEST_TIMEOUT_S)
        if answer.status != 200:
            raise TargetError(f"{backend.name} answered {answer.status}: {answer.error}")
        return answer

    def report(self, backend: Backend, answer: Observation) -> ReportLine:
        """Lambda's REPORT line of a request that was answered. Raises TargetError if there is none."""
        lines = self.functions.log_lines(backend, {answer.log_stream or ""}, {answer.request_id or ""}, 0)
        for line in map(parse_log_line, lines):
            if isinstance(line, ReportLine) and line.request_id == answer.request_id:
                return line
        raise TargetError(f"no REPORT line for request {answer.request_id}")


@contextmanager
def running_stage(
    bundle: Path, cache: str, out: Path, ranges: Sequence[Sequence[int]], more: Sequence[str] = ()
) -> Iterator[Stage]:
    """A lab on this bundle, for as long as the block lasts, with `more` options; its log goes into `out`."""
    arguments = ("--bundle", str(bundle), "--cache", cache, *more)
    with running_lab(arguments, out / "lab.log") as deployment:
        functions = Functions(deployment)
        sign = make_signer(deployment.auth_mode, deployment.region, functions.session.get_credentials)
        yield Stage(deployment, functions, HttpClient(deployment.api_url, sign), str(bundle), cache, ranges)
