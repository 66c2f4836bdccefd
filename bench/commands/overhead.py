"""Measure the harness itself: client minus server time for requests that the function refuses at once."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.commands.options import add_target_options, choice_from
from bench.deployments.connect import deployed
from bench.deployments.functions import Functions
from bench.deployments.live import NOTHING, LiveTarget
from bench.process.errors import EXIT_OK, UnsoundError, UsageError
from bench.report.formats import ms
from bench.runs.log_lines import Report, parse_log_line
from bench.runs.records import Observation
from bench.stats.quantiles import SMALLEST_N, quantile
from contract.storages import IMAGE, NAMES


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `overhead`."""
    add_target_options(parser)
    parser.add_argument(
        "--backend", choices=NAMES, default=IMAGE.name, help="whose function answers (default %(default)s)"
    )
    parser.add_argument("--requests", type=int, default=SMALLEST_N[0.99], metavar="N", help="requests (default 299)")


def execute(options: argparse.Namespace) -> int:
    """Print median and p99 of client minus server time."""
    if options.requests < SMALLEST_N[0.99]:
        raise UsageError(f"a p99 needs at least {SMALLEST_N[0.99]} requests")
    with TemporaryDirectory() as scratch:
        log = Path(scratch) / "lab.log"
        with deployed(choice_from(options), [options.backend], "onnx", log) as deployment:
            functions = Functions(deployment)
            target = LiveTarget(deployment, functions)
            target.post(options.backend, NOTHING)  # starts the environment; not counted
            started_ms = int(time.time() * 1e3) - 60_000
            seen = [target.post(options.backend, NOTHING) for _ in range(options.requests)]
            streams = {item.log_stream for item in seen if item.log_stream}
            ids = {item.request_id for item in seen if item.request_id}
            backend = deployment.backend(options.backend)
            lines = functions.log_lines(backend, streams, ids, started_ms)
    overheads = client_minus_server(seen, lines)
    median, high = quantile(overheads, 0.5), quantile(overheads, 0.99)
    print(
        f"client minus server time (Lambda's Duration) of {len(overheads)} requests that do nothing: "
        f"median {ms(median)} ms, p99 {ms(high)} ms"
    )
    return EXIT_OK


def client_minus_server(seen: list[Observation], log_lines: tuple[str, ...]) -> list[float]:
    """Request time minus Lambda's Duration in ms, for every request whose REPORT line is there.

    Raises UnsoundError when there is none.
    """
    parsed = [parse_log_line(line) for line in log_lines]
    reports = {report.request_id: report for report in parsed if isinstance(report, Report)}
    found = [
        item.request_ms - report.duration_ms
        for item in seen
        if (report := reports.get(item.request_id or "")) and report.duration_ms is not None
    ]
    if not found:
        raise UnsoundError("no REPORT line was found: there is nothing to subtract")
    return found
