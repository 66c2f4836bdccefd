"""Measure: force cold starts, call over HTTP, prove every sample, report."""

from __future__ import annotations

import argparse
import functools
import shlex
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench.commands.bodies import bodies_from
from bench.commands.options import (
    add_axes_options,
    add_price_options,
    add_target_options,
    axes_from,
    choice_from,
    prices_from,
)
from bench.commands.ranges import not_negative
from bench.commands.traffic import add_traffic_option, traffics_from
from bench.cost.spending import Allowance
from bench.cost.traffic import Traffic
from bench.deployments.connect import refuse_own_lab, refuse_unshaped, resumed_choice, with_shape
from bench.measure.parts import Work, measure_all
from bench.measure.session import reason_of
from bench.process.errors import EXIT_INTERRUPTED, EXIT_OK, EXIT_UNSOUND, BenchError, UsageError
from bench.process.listed import whole
from bench.process.say import warn
from bench.report.stopping import more_rounds, stage_of
from bench.report.views.present import present
from bench.runs.bodies import kept
from bench.runs.direct_reads import NOT_IN_THE_LAB
from bench.runs.judge import judge_run
from bench.runs.lock import only_writer
from bench.runs.plan import MOST_VISITS
from bench.runs.store import RESULTS, Run, read_run


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `run`."""
    add_target_options(parser)
    add_axes_options(parser)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--out", type=Path, metavar="DIR", help="where to write (default reports/<UTC time>)")
    where.add_argument("--resume", type=Path, metavar="DIR",
                       help="continue an interrupted run to its own plan (plan options are not read)")  # fmt: skip
    parser.add_argument("--more", type=whole(1, MOST_VISITS), default=0, metavar="N",
                        help="with --resume: add N rounds to the plan (the report says so)")  # fmt: skip
    parser.add_argument("--redeploy", metavar="COMMAND",
                        help="deploys a new image and bundle, for each further --first-deploy")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print summary.json instead of the tables")
    add_traffic_option(parser)
    add_price_options(parser)
    parser.add_argument("--spend", type=not_negative, default=1.0, metavar="USD",
                        help="on AWS, ask before a run expected to cost more (default 1.00)")  # fmt: skip
    parser.add_argument("--yes", action="store_true", help="do not ask")


def execute(options: argparse.Namespace) -> int:
    """Measure to the plan, then report; Ctrl-C and failures report what was measured until then."""
    asked = _asked(options)
    traffics = traffics_from(options)
    directory = options.resume or options.out or Path("reports") / datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    if not options.resume:
        with only_writer(directory):
            if (directory / RESULTS).exists():
                raise UsageError(f"{directory} already holds a run; choose another --out, or continue it with --resume")
            work = replace(asked, choice=with_shape(asked.choice, asked.axes), directory=directory)
            return _carry_out(options, work, traffics, None)
    if not (directory / RESULTS).exists():  # locking would make the folder
        read_run(directory)
    with only_writer(directory):
        before = read_run(directory)
        return _carry_out(options, _resumed(options, asked, before), traffics, before)


def _asked(options: argparse.Namespace) -> Work:
    """What the options ask for, all of it checked before anything is made. Raises UsageError."""
    bodies = () if options.resume else bodies_from(options)
    axes, choice = axes_from(options, bodies), choice_from(options)
    asked = ((), 0) if options.resume else (axes.backends, axes.provisioned)
    refuse_own_lab(choice, axes.engines, *asked)
    refuse_unshaped(choice, axes.backends)
    if any(axes.direct_reads) and choice.is_own_lab and not options.resume:
        raise UsageError(NOT_IN_THE_LAB)
    if options.more and not options.resume:
        raise UsageError("--more adds rounds to a run that is there: name it with --resume")
    if options.redeploy and choice.is_own_lab and not options.resume:
        raise UsageError("--redeploy: the lab is started anew by itself; the option is for --stack and --outputs")
    if axes.first_deploy > 1 and not options.resume and not (choice.is_own_lab or options.redeploy):
        raise UsageError(
            f"--first-deploy {axes.first_deploy}: name with --redeploy the command that deploys a new image and "
            "bundle, or measure the present deployment alone with --first-deploy 1"
        )
    allowed = Allowance(prices_from(options), options.spend, options.yes)
    return Work(axes, axes.extended(axes.cold), choice, Path(), allowed, options.redeploy, bodies)


def _resumed(options: argparse.Namespace, asked: Work, before: Run) -> Work:
    """The work of a run that goes on, to its own plan or to one that is --more rounds longer."""
    choice = resumed_choice(asked.choice, before.first, options.resume)
    asked = replace(asked, bodies=kept(before.first.axes.bodies, options.resume))
    plan = stage_of(before, judge_run(before)).axes
    if not options.more:
        return replace(asked, axes=before.axes, plan=plan, choice=choice, directory=options.resume)
    try:
        longer = plan.extended(plan.cold + options.more)
    except ValueError as error:
        raise UsageError(f"--more: {error}") from error
    return replace(asked, axes=longer, plan=longer, choice=choice, directory=options.resume)


def _carry_out(options: argparse.Namespace, work: Work, traffics: Sequence[Traffic], before: Run | None) -> int:
    directory = work.directory
    if work.axes.until_resolved:
        work = replace(work, further=functools.partial(more_rounds, directory))
    failure: BaseException | None = None
    try:
        measure_all(work, before)
    except (BenchError, KeyboardInterrupt) as error:
        if not (directory / RESULTS).exists():
            raise
        failure = error
        warn(reason_of(error))
    report = present(directory, options.json, traffics)
    if failure is None:
        return EXIT_UNSOUND if report.untrusted else EXIT_OK
    warn(f"continue with: bench/run.py --resume {shlex.quote(str(directory))}")
    return failure.exit_code if isinstance(failure, BenchError) else EXIT_INTERRUPTED
