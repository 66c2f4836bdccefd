"""Say which backend meets a latency objective at what cost, from a measured run."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from bench.commands.options import add_price_options, prices_from
from bench.commands.ranges import count, not_negative, positive, proportion
from bench.cost.choose import Objective
from bench.cost.model import Assumptions
from bench.cost.traffic import Poisson, read_trace
from bench.process.errors import EXIT_NOT_MET, EXIT_OK, EXIT_UNSOUND
from bench.report.choice import Choice, Question, choose, options_table
from bench.report.notes import LAB_NOTE
from bench.report.report import report_of
from bench.report.trust import warnings
from bench.report.views.terminal import print_table, print_warnings, standard_output
from bench.runs.store import read_run


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `choose`."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="the folder of a run")
    traffic = parser.add_mutually_exclusive_group(required=True)
    traffic.add_argument("--requests-per-hour", type=positive, metavar="N", help="Poisson arrivals at this rate")
    traffic.add_argument("--trace", type=Path, metavar="FILE", help="arrival times in seconds, one a line")
    parser.add_argument("--objective", type=positive, required=True, metavar="MS", help="answered within so many ms")
    parser.add_argument("--share", type=proportion, default=0.95, help="for this share of the requests (default 0.95)")
    parser.add_argument("--keep-alive", type=positive, default=10.0, metavar="MIN",
                        help="minutes an idle environment stays (an assumption; default 10)")  # fmt: skip
    parser.add_argument("--stored-mb", type=not_negative, default=Assumptions().stored_bytes / 1e6,
                        help="size of the bundle in MB of 10**6 bytes")  # fmt: skip
    parser.add_argument("--endpoints", type=count, default=0, help="interface endpoints times zones (default 0)")
    add_price_options(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")


def execute(options: argparse.Namespace) -> int:
    """Weigh the backends, then print them and the assumptions.

    Exit code 4 if the run's figures must not be used, else 1 if no backend is shown to meet the objective.
    """
    run, prices = read_run(options.directory), prices_from(options)
    question = Question(
        objective=Objective(options.objective, options.share),
        traffic=read_trace(options.trace) if options.trace else Poisson(options.requests_per_hour),
        keep_alive_min=options.keep_alive,
        prices=prices,
        assumptions=Assumptions(stored_bytes=options.stored_mb * 1e6, endpoints=options.endpoints),
    )
    report = report_of(run)
    choice = choose(report, question)
    if options.json:
        found = [asdict(option) for option in choice.options]
        print(json.dumps({"untrusted": report.untrusted, "options": found, "assumed": choice.assumed}, indent=2))
    else:
        _print(choice, warnings(report.untrusted))
    if report.untrusted:
        return EXIT_UNSOUND
    return EXIT_OK if choice.best.meets else EXIT_NOT_MET


def _print(choice: Choice, before: list[str]) -> None:
    console = standard_output()
    print_warnings(before, console)
    console.print(choice.sentence, style="bold")
    print_table(options_table(choice), console)
    for note in choice.assumed:
        console.print(f"assumed: {note}" if note != LAB_NOTE else f"! {note}")
