"""Measures the harness itself: client minus server time for requests that the function refuses at once."""

from __future__ import annotations

import time
from collections.abc import Sequence

from bench.deployments.deployment import Deployment
from bench.deployments.functions import Functions
from bench.deployments.live import NOTHING, LiveTarget
from bench.process.errors import UnsoundError
from bench.runs.log_lines import ReportLine, parse_log_line
from bench.runs.records import Observation


def measure_overhead(deployment: Deployment, name: str, requests: int) -> list[float]:
    """Client minus server time in ms of so many requests to one backend."""
    functions = Functions(deployment)
    target = LiveTarget(deployment, functions)
    target.post(name, NOTHING)  # starts the environment; not counted
    started_ms = int(time.time() * 1e3) - 60_000
    seen = [target.post(name, NOTHING) for _ in range(requests)]
    streams = {item.log_stream for item in seen if item.log_stream}
    ids = {item.request_id for item in seen if item.request_id}
    return client_minus_server(seen, functions.log_lines(deployment.backend(name), streams, ids, started_ms))


def client_minus_server(seen: Sequence[Observation], log_lines: Sequence[str]) -> list[float]:
    """Request time minus Lambda's Duration in ms, for every request that has a REPORT line.

    Raises UnsoundError when there is none.
    """
    parsed = [parse_log_line(line) for line in log_lines]
    reports = {report.request_id: report for report in parsed if isinstance(report, ReportLine)}
    found = [
        item.request_ms - report.duration_ms
        for item in seen
        if (report := reports.get(item.request_id or "")) and report.duration_ms is not None
    ]
    if not found:
        raise UnsoundError("no REPORT line was found: there is nothing to subtract")
    return found
