"""Measure: force cold starts, call over HTTP, prove every sample, report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.commands.options import (
    add_axes_options,
    add_price_options,
    add_target_options,
    axes_from,
    choice_from,
    prices_from,
)
from bench.commands.plan import describe
from bench.commands.report import present
from bench.cost.estimate import estimate
from bench.cost.prices import Prices
from bench.deployments.connect import Choice, deployed, resumed_choice
from bench.deployments.functions import Functions
from bench.deployments.live import LiveTarget
from bench.deployments.originals import standing_nonce
from bench.deployments.outputs import Deployment
from bench.measure.progress import reporting
from bench.measure.protocol import Target
from bench.measure.runner import Clock, Context, measure
from bench.process.errors import EXIT_INTERRUPTED, BenchError, StorageError, UsageError
from bench.process.say import warn
from bench.process.signals import undisturbed
from bench.runs.conditions import conditions, differences
from bench.runs.facts import gather
from bench.runs.lock import only_writer
from bench.runs.plan import Axes, Visit, build_plan
from bench.runs.records import End, Event, Original, Session
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
    if before:
        choice = resumed_choice(choice, before.first, directory)
    money = _Money(prices_from(options), options.spend, options.yes)
    failure: BaseException | None = None
    try:
        _measure(axes, choice, directory, before, money)
    except (BenchError, KeyboardInterrupt) as error:
        if not (directory / RESULTS).exists():
            raise
        failure = error
        warn(_why(error))
    code = present(directory, options.json)
    if isinstance(failure, BenchError):
        return failure.exit_code
    return EXIT_INTERRUPTED if failure else code


_CLOCK = Clock()


class _Money:
    """Asks before more is spent than the user allowed."""

    def __init__(self, prices: Prices, limit: float, yes: bool) -> None:
        self.prices = prices
        self._limit = limit
        self._yes = yes

    def check(self, plan: tuple[Visit, ...], deployment: Deployment) -> None:
        """Raises UsageError when the plan is too dear and nobody says yes. The lab costs nothing."""
        if deployment.is_lab:
            return
        expected = estimate(plan, self.prices, deployment.architecture)
        warn(describe(expected, f"{self.prices.region}, {self.prices.date}"))
        if expected.usd <= self._limit or self._yes:
            return
        if sys.stdin.isatty() and input(f"This is above ${self._limit:.2f}. Go on? [y/N] ").strip().lower() == "y":
            return
        raise UsageError(f"expected to cost more than ${self._limit:.2f}; allow it with --spend or --yes")


def _measure(axes: Axes, choice: Choice, directory: Path, before: Run | None, money: _Money) -> None:
    """Start what must be started, make the visits that are left, put everything back."""
    plan = remaining(build_plan(axes), before)
    if not plan and (choice.is_own_lab or before is None or before.is_restored):
        return
    warn("setting up the target …")
    with deployed(choice, axes.backends, axes.engines[0], directory / "lab.log") as deployment:
        for name in axes.backends:
            deployment.backend(name)
        facts = gather()
        if before:
            must_match(before, deployment, facts)
        money.check(plan, deployment)
        known = before.first.originals if before and not choice.is_own_lab else {}
        target = LiveTarget(deployment, Functions(deployment), known)
        header = Session(
            session=len(before.sessions) + 1 if before else 1,
            utc=Clock().utc(),
            axes=axes,
            target=deployment.recorded(),
            functions=target.describe(),
            facts=facts,
            prices=money.prices.recorded(),
            source=choice.recorded(directory),
            originals=target.originals(axes.backends),
        )
        _warn_of_leftovers(header, known)
        with Recorder(directory / RESULTS) as recorder:
            carry_out(plan, target, header, recorder)


def _warn_of_leftovers(header: Session, known: Mapping[str, Original]) -> None:
    """Say where a function was already changed when this run began, so that its "original" may be another run's."""
    if header.session > 1 and not known and header.source.get("lab") is None:
        warn("warning: this run has no record of how the functions were before it; they are taken to be so now")
    for name, original in header.originals.items():
        if leftover := standing_nonce(original.variables):
            warn(f"warning: {name} {leftover}. What is there now will be put back at the end of this run")


def remaining(plan: tuple[Visit, ...], before: Run | None) -> tuple[Visit, ...]:
    """The visits of a plan that an earlier session did not complete."""
    done = {end.visit for end in before.visits if end.complete} if before else set()
    return tuple(visit for visit in plan if visit.id not in done)


def must_match(before: Run, deployment: Deployment, facts: Mapping[str, Any] | None = None) -> None:
    """Raises UsageError when the target, its settings or the machine are not those the run began with.

    Warns of what a run made by an earlier version has no record of.
    """
    first, now = before.first, deployment.recorded()
    known = first.facts if facts is not None else {}
    found = differences(conditions(first.target, known), conditions(now, facts or {}))
    for what, (then, today) in found.items():
        if then is not None:
            raise UsageError(f"the run began with another state of {what} ({then}; now {today}); start anew")
        warn(f"warning: the run has no record of {what}; now it is: {today}")


def carry_out(
    plan: tuple[Visit, ...], target: Target, header: Session, recorder: Recorder, clock: Clock = _CLOCK
) -> None:
    """One session: its header, its visits, everything put back, and the reason of its end."""
    recorder.append(header)
    reason = "complete"
    try:
        with reporting(sum(visit.requests for visit in plan)) as reporter:

            def record(event: Event) -> None:
                recorder.append(event)
                reporter.show(event)

            measure(plan, target, Context(header.session, header.utc, record, clock))
    except BaseException as error:
        reason = _why(error)
        raise
    finally:
        with undisturbed(), suppress(StorageError):  # a full disk must not hide why the run ended
            recorder.append(End(header.session, clock.utc(), reason, _restore(target)))


def _restore(target: Target) -> bool:
    """Put the functions' configuration back, whatever happened; say so if that fails."""
    try:
        target.restore()
    except BenchError as error:
        warn(f"warning: a function's configuration was not restored: {error}. `restore` or --resume will try again")
        return False
    return True


def _why(error: BaseException) -> str:
    """The reason of an end. Of an error that is not ours only the kind: its text may hold anything."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return f"ended early: {error}" if isinstance(error, BenchError) else f"ended early: {type(error).__name__}"
