"""Measure: force cold starts, call over HTTP, prove every sample, report."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from bench.commands.options import (
    add_axes_options,
    add_price_options,
    add_target_options,
    axes_from,
    choice_from,
    prices_from,
)
from bench.cost.spending import Allowance
from bench.deployments.connect import Choice, deployed, resumed_choice, with_shape
from bench.deployments.functions import Functions
from bench.deployments.live import LiveTarget
from bench.deployments.originals import standing_nonce
from bench.measure.runner import Clock
from bench.measure.session import carry_out, must_match, reason_of, remaining
from bench.process.errors import EXIT_INTERRUPTED, EXIT_OK, EXIT_UNSOUND, BenchError, UsageError
from bench.process.say import warn
from bench.report.views.present import present
from bench.runs.facts import gather
from bench.runs.lock import only_writer
from bench.runs.plan import Axes, build_plan
from bench.runs.records import Original, Session
from bench.runs.store import RESULTS, Recorder, Run, read_run


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `run`."""
    add_target_options(parser)
    add_axes_options(parser)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--out", type=Path, metavar="DIR", help="where to write (default reports/<UTC time>)")
    where.add_argument("--resume", type=Path, metavar="DIR",
                       help="continue an interrupted run to its own plan (plan options are not read)")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print summary.json instead of the tables")
    add_price_options(parser)
    parser.add_argument("--spend", type=float, default=1.0, metavar="USD",
                        help="on AWS, ask before a run expected to cost more (default 1.00)")  # fmt: skip
    parser.add_argument("--yes", action="store_true", help="do not ask")


def execute(options: argparse.Namespace) -> int:
    """Measure to the plan, then report; Ctrl-C and failures report what was measured until then."""
    directory = options.resume or options.out or Path("reports") / datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    if options.resume and not (directory / RESULTS).exists():
        raise UsageError(f"{directory} holds no run to resume")
    with only_writer(directory):
        return _execute(options, directory)


def _execute(options: argparse.Namespace, directory: Path) -> int:
    before = read_run(directory) if options.resume else None
    axes = before.first.axes if before else axes_from(options)
    if before is None and (directory / RESULTS).exists():
        raise UsageError(f"{directory} already holds a run; choose another --out, or continue it with --resume")
    choice = choice_from(options)
    choice = resumed_choice(choice, before.first, directory) if before else with_shape(choice, axes)
    allowed = Allowance(prices_from(options), options.spend, options.yes)
    failure: BaseException | None = None
    try:
        _measure(axes, choice, directory, before, allowed)
    except (BenchError, KeyboardInterrupt) as error:
        if not (directory / RESULTS).exists():
            raise
        failure = error
        warn(reason_of(error))
    report = present(directory, options.json)
    if failure is not None:
        return failure.exit_code if isinstance(failure, BenchError) else EXIT_INTERRUPTED
    return EXIT_UNSOUND if report.untrusted else EXIT_OK


def _measure(axes: Axes, choice: Choice, directory: Path, before: Run | None, allowed: Allowance) -> None:
    """Start what must be started, make the visits that are left, put everything back."""
    plan = remaining(build_plan(axes), before)
    if not plan and (choice.is_own_lab or before is None or before.is_restored):
        return
    warn("setting up the target …")
    log, first_deploy = directory / "lab.log", axes.first_deploy
    with deployed(choice, axes.backends, axes.engines[0], log, first_deploy=first_deploy) as deployment:
        for name in axes.backends:
            deployment.backend(name)
        if axes.first_deploy and deployment.primed:
            raise UsageError(
                "this stack primes its functions, so a first cold start after a deployment is nobody's to measure: "
                "`pulumi config set prime false`, deploy a new image or bundle, and measure then"
            )
        facts = gather().recorded()
        if before:
            must_match(before, deployment.recorded(), facts)
        if not deployment.is_lab:
            allowed.check(plan, deployment.architecture)
        known = before.first.originals if before and not choice.is_own_lab else {}
        target = LiveTarget(deployment, Functions(deployment), known)
        header = Session(
            session=len(before.sessions) + 1 if before else 1,
            utc=Clock().utc(),
            axes=axes,
            target=deployment.recorded(),
            functions=target.describe(),
            facts=facts,
            prices=allowed.prices.recorded(),
            source=choice.recorded(directory),
            originals=target.originals(axes.backends),
        )
        _warn_of_leftovers(header, known, choice)
        with Recorder(directory / RESULTS) as recorder:
            carry_out(plan, target, header, recorder)


def _warn_of_leftovers(header: Session, known: Mapping[str, Original], choice: Choice) -> None:
    """Warn where a function was changed already when this run began: its "original" may be another run's."""
    if header.session > 1 and not known and not choice.is_own_lab:
        warn("warning: this run has no record of how the functions were before it; they are taken to be so now")
    for name, original in header.originals.items():
        if leftover := standing_nonce(original.variables):
            warn(f"warning: {name} {leftover}. What is there now will be put back at the end of this run")
