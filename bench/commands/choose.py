"""Say which backend meets a latency objective at what cost, from a measured run."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.commands.options import add_html_option, add_price_options, prices_from
from bench.commands.ranges import count, not_negative, positive, proportion
from bench.commands.traffic import keep_alive, rate, trace, traffic
from bench.cost.choose import Objective, Option
from bench.cost.model import Assumptions
from bench.cost.traffic import FORMS
from bench.process.errors import EXIT_NOT_MET, EXIT_OK, EXIT_UNSOUND
from bench.report.choice import Choice, Question, choose, options_table, predicted_table, ready_table, ways_table
from bench.report.costing import Rates
from bench.report.kept import keep_alive_of
from bench.report.notes import LAB_NOTE
from bench.report.report import report_of
from bench.report.trust import warnings
from bench.report.views.choice import choice_html
from bench.report.views.summary_json import month_json, other_ways_json
from bench.report.views.terminal import print_table, print_warnings, standard_output
from bench.report.views.write import write
from bench.runs.store import read_run


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `choose`."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="the folder of a run")
    when = parser.add_mutually_exclusive_group(required=True)
    when.add_argument("--traffic", type=traffic, metavar="TRAFFIC", help=FORMS)
    when.add_argument("--requests-per-hour", dest="traffic", type=rate, metavar="N", help="the same as --traffic N/h")
    when.add_argument(
        "--trace", dest="traffic", type=trace, metavar="FILE", help="arrival times in seconds, one a line"
    )
    parser.add_argument("--objective", type=positive, required=True, metavar="MS", help="answered within so many ms")
    parser.add_argument("--share", type=proportion, default=0.95, help="for this share of the requests (default 0.95)")
    parser.add_argument("--agreement", type=proportion, metavar="SHARE",
                        help="first answers that must be those of fp32, such as 0.95 (default: none)")  # fmt: skip
    parser.add_argument("--keep-alive", type=keep_alive, metavar="MIN",
                        help="minutes an idle environment stays, such as 10 or 5-60 (default: as measured on AWS, else "
                        "as published)")  # fmt: skip
    parser.add_argument("--stored-mb", type=not_negative, metavar="MB",
                        help="size of the bundle in MB of 10**6 bytes (default: as recorded)")  # fmt: skip
    parser.add_argument("--endpoints", type=count, default=0, help="interface endpoints times zones (default 0)")
    add_price_options(parser)
    add_html_option(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")


def execute(options: argparse.Namespace) -> int:
    """Weigh the backends, then print them and the assumptions.

    Exit code 4 if the run's figures must not be used, else 1 if no backend is shown to meet the objective.
    """
    run, prices = read_run(options.directory), prices_from(options)
    report = report_of(run)
    rates = Rates(
        prices=prices,
        keep_alive=options.keep_alive or keep_alive_of(report.keep_alive, run.first),
        assumptions=Assumptions(endpoints=options.endpoints),
        stored_bytes=None if options.stored_mb is None else options.stored_mb * 1e6,
    )
    objective = Objective(options.objective, options.share)
    choice = choose(report, Question(objective, options.traffic, rates, options.agreement))
    if options.html:
        about = f"{options.directory}, within {options.objective:g} ms"
        write(options.html, choice_html(choice, about, warnings(report.untrusted)))
    if options.json:
        print(json.dumps(_json(choice, report.untrusted), indent=2))
    else:
        _print(choice, warnings(report.untrusted))
    if report.untrusted:
        return EXIT_UNSOUND
    return EXIT_OK if choice.best.meets else EXIT_NOT_MET


def _json(choice: Choice, untrusted: tuple[str, ...]) -> dict[str, Any]:
    return {
        "answer": choice.sentence,
        "verdict": choice.best.verdict,
        "untrusted": untrusted,
        "options": [_option(option) for option in choice.options],
        "other_ways": [other_ways_json(item) for item in choice.other_ways],
        "assumed": choice.assumed,
        "on_aws": [asdict(item) for item in choice.on_aws],
    }


def _option(option: Option) -> dict[str, Any]:
    return {
        "name": option.name,
        "answered_share": option.answered_share,
        "within": option.within,
        "within_low": option.within_low,
        "within_high": option.within_high,
        "meets": option.meets,
        "verdict": option.verdict,
        **month_json(option.month),
        "with_one_ready": option.with_one_ready and _option(option.with_one_ready),
    }


def _print(choice: Choice, before: list[str]) -> None:
    console = standard_output()
    print_warnings(before, console)
    console.print(choice.sentence, style="bold")
    print_table(options_table(choice), console)
    for note in choice.assumed:
        console.print(f"assumed: {note}" if note != LAB_NOTE else f"! {note}")
    for table in (ready_table(choice), ways_table(choice), predicted_table(choice)):
        if table:
            print_table(table, console)
