"""Measure the harness itself: client minus server time for requests that the function refuses at once."""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.commands.options import add_target_options, choice_from
from bench.deployments.connect import deployed
from bench.measure.overhead import measure_overhead
from bench.process.errors import EXIT_OK
from bench.process.listed import whole
from bench.stats.quantiles import SMALLEST_N, quantile
from bench.text.numbers import ms
from contract.storages import IMAGE, NAMES


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `overhead`."""
    add_target_options(parser)
    parser.add_argument(
        "--backend", choices=NAMES, default=IMAGE.name, help="whose function answers (default %(default)s)"
    )
    parser.add_argument(
        "--requests",
        type=whole(SMALLEST_N[0.99], 100_000),
        default=SMALLEST_N[0.99],
        metavar="N",
        help="requests, so many that a p99 can be stated (default %(default)s)",
    )


def execute(options: argparse.Namespace) -> int:
    """Print median and p99 of client minus server time."""
    with TemporaryDirectory() as scratch:
        log = Path(scratch) / "lab.log"
        with deployed(choice_from(options), [options.backend], "onnx", log) as deployment:
            overheads = measure_overhead(deployment, options.backend, options.requests)
    median, high = quantile(overheads, 0.5), quantile(overheads, 0.99)
    print(
        f"client minus server time (Lambda's Duration) of {len(overheads)} requests that do nothing: "
        f"median {ms(median)} ms, p99 {ms(high)} ms"
    )
    return EXIT_OK
