"""Calls the Lambda and CloudWatch Logs APIs through boto3: cold starts, direct invocations, REPORT lines."""

from __future__ import annotations

import base64
import itertools
import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from bench.deployments.answer import json_object, observe, readable
from bench.deployments.deployment import Backend, Deployment
from bench.deployments.mounts import direct_reads_of, mounts_with
from bench.process import certificates
from bench.process.errors import TargetError
from bench.process.signals import deferred
from bench.runs.log_lines import InitReportLine, ReportLine, parse_log_line
from bench.runs.records import Observation
from contract.certificates import AWS, BOTO

UPDATE_TIMEOUT_S = 180.0
_POLL_S = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_REQUEST_ID = re.compile(r"[0-9a-f-]{36}")
_IDS_AT_ONCE = 20  # a filter pattern may have 1,024 characters
_NO_KEY = ("none", "none")  # if an endpoint's outputs have no key; never the user's own, which is for AWS


@dataclass(frozen=True)
class Configuration:
    """The part of a function's configuration that the benchmark reads, sets and restores.

    `direct_reads` is None where no bucket is mounted.
    """

    variables: Mapping[str, str]
    memory_mb: int
    timeout_s: int
    revision: str
    direct_reads: str | None = None


class Functions:
    """The functions of one deployment. SDK retries are off: a retried request would be a wrong measurement.

    `api` is boto3's client of the Lambda API.

    Raises UsageError if the environment names certificates with which no API can be asked.
    """

    def __init__(self, deployment: Deployment) -> None:
        key = (deployment.access_key or _NO_KEY) if deployment.endpoint_url else (None, None)
        certificates.check(deployment.endpoint_url or AWS, BOTO)
        self.session = boto3.Session(*key, region_name=deployment.region)
        config = Config(retries={"total_max_attempts": 1}, read_timeout=900, connect_timeout=10)
        options: dict[str, Any] = {"endpoint_url": deployment.endpoint_url, "config": config}
        self.api = self.session.client("lambda", **options)
        self._logs = self.session.client("logs", **options)
        self._logs_timeout_s = 5.0 if deployment.is_lab else 45.0

    def configuration(self, backend: Backend) -> Configuration:
        """The function's present configuration."""
        return _configuration(self._get(backend))

    def settled(self, backend: Backend) -> Configuration:
        """The function's configuration once no update is under way."""
        return _configuration(self._settled(backend))

    def describe(self, backend: Backend) -> dict[str, Any]:
        """The raw configuration, for reports and the doctor."""
        return self._get(backend)

    def identity(self) -> str:
        """Who the credentials belong to. Raises TargetError when there are none, or none that work."""
        with explained("asking who is logged in"):
            arn: str = self.session.client("sts").get_caller_identity()["Arn"]
        return arn

    def account_concurrency(self) -> int:
        """How many executions this account may run at the same time."""
        with explained("reading the account's Lambda limits"):
            limits = self.api.get_account_settings()["AccountLimit"]
        return int(limits["ConcurrentExecutions"])

    def configure(
        self, backend: Backend, variables: Mapping[str, str], memory_mb: int | None, direct_reads: str | None = None
    ) -> None:
        """Set the whole environment (and memory and direct reads, unless None), and wait until Lambda uses it.

        Returns when LastUpdateStatus is Successful under a new RevisionId. Raises TargetError otherwise.
        """
        found = self._settled(backend)
        before = found["RevisionId"]
        request: dict[str, Any] = {"FunctionName": backend.function_name, "Environment": {"Variables": dict(variables)}}
        if memory_mb is not None:
            request["MemorySize"] = memory_mb
        if direct_reads is not None:
            request["FileSystemConfigs"] = mounts_with(found, direct_reads)
        # An interrupted update may still arrive after everything was put back.
        with explained(f"updating {backend.function_name}"), deferred():
            self.api.update_function_configuration(**request)
        after = self._settled(backend)
        if after["RevisionId"] == before:
            raise TargetError(f"{backend.function_name} still has its old RevisionId after an update")
        if direct_reads not in (None, shown := direct_reads_of(after)):
            raise TargetError(f"direct reads of {backend.function_name} are {shown} after they were set {direct_reads}")

    def invoke(self, backend: Backend, event: Mapping[str, Any], version: str | None = None) -> Observation:
        """Invoke directly with the log tail; `connect_ms` is 0 because boto3 does not report it separately.

        The `version` answers, or else what the backend's alias points at, or $LATEST.
        """
        started = time.perf_counter()
        try:
            qualifier = version or backend.alias
            who = {"Qualifier": qualifier} if qualifier else {}
            answer = self.api.invoke(
                FunctionName=backend.function_name, LogType="Tail", Payload=json.dumps(event).encode(), **who
            )
            payload = answer["Payload"].read()
        except (BotoCoreError, ClientError) as error:
            elapsed = (time.perf_counter() - started) * 1e3
            timed_out = isinstance(error, ReadTimeoutError)
            return Observation(0.0, round(elapsed, 3), error=f"{type(error).__name__}: {error}", timed_out=timed_out)
        elapsed = (time.perf_counter() - started) * 1e3
        tail = base64.b64decode(answer.get("LogResult", "")).decode("utf-8", "replace").splitlines()
        return _observe_invocation(elapsed, payload, answer.get("FunctionError"), tuple(filter(parse_log_line, tail)))

    def log_lines(self, backend: Backend, streams: set[str], request_ids: set[str], since_ms: int) -> tuple[str, ...]:
        """REPORT and INIT_REPORT lines of these streams, waiting a sensible time for those of `request_ids`.

        Without a stream, which a restored environment does not know, the REPORT lines of the requests alone.
        """
        parsed: dict[str, ReportLine | InitReportLine | None] = {}
        for _ in looks(self._logs_timeout_s):
            parsed = {line: parse_log_line(line) for line in self._found(backend, streams, request_ids, since_ms)}
            if request_ids <= {report.request_id for report in parsed.values() if isinstance(report, ReportLine)}:
                break
        return tuple(line for line, report in parsed.items() if report is not None)

    def _found(self, backend: Backend, streams: set[str], request_ids: set[str], since_ms: int) -> Iterator[str]:
        for stream in sorted(streams):
            yield from self._events(backend, since_ms, logStreamNames=[stream])
        if not streams:
            known = sorted(filter(_REQUEST_ID.fullmatch, request_ids))  # what an answer says may be anything
            for first in range(0, len(known), _IDS_AT_ONCE):
                pattern = " ".join(f'?"{each}"' for each in known[first : first + _IDS_AT_ONCE])
                yield from self._events(backend, since_ms, filterPattern=pattern)

    def _events(self, backend: Backend, since_ms: int, **which: Any) -> Iterator[str]:
        request: dict[str, Any] = {"logGroupName": backend.log_group, "startTime": since_ms, **which}
        with explained(f"reading the logs of {backend.log_group}", missing_is_empty=True):
            while True:
                page = self._logs.filter_log_events(**request)
                yield from (event["message"] for event in page.get("events", ()))
                if not page.get("nextToken"):
                    return
                request["nextToken"] = page["nextToken"]

    def _settled(self, backend: Backend) -> dict[str, Any]:
        """The configuration once no update is under way."""
        status = ""
        for _ in looks(UPDATE_TIMEOUT_S):
            found = self._get(backend)
            status = found.get("LastUpdateStatus", "Successful")
            if status == "Failed":
                raise TargetError(f"{backend.function_name} was not updated: {found.get('LastUpdateStatusReason')}")
            if status == "Successful" and found.get("State", "Active") in ("Active", "Inactive"):
                return found
        raise TargetError(f"{backend.function_name} is still {status} after {UPDATE_TIMEOUT_S:.0f} s")

    def _get(self, backend: Backend) -> dict[str, Any]:
        with explained(f"reading the configuration of {backend.function_name}"):
            found: dict[str, Any] = self.api.get_function_configuration(FunctionName=backend.function_name)
        return found


class explained:
    """Turn boto's errors into errors that name the failed action."""

    def __init__(self, doing: str, missing_is_empty: bool = False) -> None:
        self._doing = doing
        self._missing_is_empty = missing_is_empty

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, ClientError):
            # A log stream appears seconds after the first line was written to it.
            if self._missing_is_empty and error.response["Error"]["Code"] == "ResourceNotFoundException":
                return True
            raise TargetError(f"{self._doing} failed: {error}") from error
        if isinstance(error, BotoCoreError):
            raise TargetError(f"{self._doing} failed: {error}") from error
        return False


def _configuration(found: Mapping[str, Any]) -> Configuration:
    return Configuration(
        dict(found.get("Environment", {}).get("Variables", {})),
        int(found.get("MemorySize", 0)),
        int(found.get("Timeout", 30)),
        str(found.get("RevisionId", "")),
        direct_reads_of(found),
    )


def _observe_invocation(
    elapsed_ms: float, payload: bytes, function_error: str | None, tail: tuple[str, ...]
) -> Observation:
    answer = json_object(payload)
    status, headers = answer.get("statusCode"), answer.get("headers", {})
    if function_error or type(status) is not int or not isinstance(headers, dict):
        message = readable(answer.get("errorMessage"))
        timed_out = "Task timed out" in message
        error = f"{function_error}: {message}"
        return Observation(0.0, round(elapsed_ms, 3), error=error, timed_out=timed_out, log_tail=tail)
    named = {name: readable(value) for name, value in headers.items()}
    seen = observe(0.0, elapsed_ms, status, named, _content(answer), tail)
    return seen if seen.request_id else replace(seen, request_id=_request_id(tail))


def _request_id(tail: Sequence[str]) -> str | None:
    """The request of a log tail, for functions that do not tell; None unless its REPORT line is the only one."""
    reports = [report for line in tail if isinstance(report := parse_log_line(line), ReportLine)]
    return reports[0].request_id if len(reports) == 1 else None


def _content(answer: Mapping[str, Any]) -> bytes:
    """The body of an answer in the form that functions give to Lambda; empty if it claims to be base64 and is not."""
    body = str(answer.get("body", ""))
    if not answer.get("isBase64Encoded"):
        return body.encode("utf-8", "replace")
    try:
        return base64.b64decode(body)
    except ValueError:
        return b""


def looks(limit_s: float) -> Iterator[None]:
    """Once for each look at something that takes its time, with pauses between them; it ends after `limit_s`."""
    deadline = time.monotonic() + limit_s
    for pause in itertools.chain(_POLL_S, itertools.repeat(_POLL_S[-1])):
        yield
        if time.monotonic() > deadline:
            return
        time.sleep(pause)
