"""Measure: force cold starts, call over HTTP, prove every sample, report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from bench.client.functions import Functions
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
from bench.errors import EXIT_INTERRUPTED, BenchError, UsageError
from bench.facts import gather
from bench.plan import Axes, Visit, build_plan
from bench.progress import reporting
from bench.records.schema import End, Event, Session
from bench.records.store import RESULTS, Recorder, Run, read_run
from bench.runner import Clock, Context, measure
from bench.target.connect import Choice, deployed
from bench.target.deployment import Deployment
from bench.target.live import LiveTarget
from bench.target.protocol import Target


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
    before = read_run(options.resume) if options.resume else None
    axes = before.first.axes if before else axes_from(options)
    directory = options.resume or options.out or Path("reports") / datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    if before is None and (directory / RESULTS).exists():
        raise UsageError(f"{directory} already holds a run; choose another --out, or continue it with --resume")
    prices = prices_from(options)
    failure: BaseException | None = None
    try:
        _measure(axes, choice_from(options), directory, before, _Money(prices, options.spend, options.yes))
    except (BenchError, KeyboardInterrupt) as error:
        if not (directory / RESULTS).exists():
            raise
        failure = error
        print(_why(error), file=sys.stderr)
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
        print(describe(expected, f"{self.prices.region}, {self.prices.date}"), file=sys.stderr)
        if expected.usd <= self._limit or self._yes:
            return
        if sys.stdin.isatty() and input(f"This is above ${self._limit:.2f}. Go on? [y/N] ").strip().lower() == "y":
            return
        raise UsageError(f"expected to cost more than ${self._limit:.2f}; allow it with --spend or --yes")


def _measure(axes: Axes, choice: Choice, directory: Path, before: Run | None, money: _Money) -> None:
    """Start what must be started, make the visits that are left, put everything back."""
    directory.mkdir(parents=True, exist_ok=True)
    plan = remaining(build_plan(axes), before)
    if not plan:
        return
    print("setting up the target …", file=sys.stderr)
    with deployed(choice, axes.backends, axes.engines[0], directory / "lab.log") as deployment:
        for name in axes.backends:
            deployment.backend(name)
        if before:
            must_match(before, deployment)
        money.check(plan, deployment)
        target = LiveTarget(deployment, Functions(deployment))
        number = len(before.sessions) + 1 if before else 1
        header = Session(
            number, Clock().utc(), axes, deployment.recorded(), target.describe(), gather(), money.prices.recorded()
        )
        with Recorder(directory / RESULTS) as recorder, restored(target):
            carry_out(plan, target, header, recorder)


def remaining(plan: tuple[Visit, ...], before: Run | None) -> tuple[Visit, ...]:
    """The visits of a plan that an earlier session did not complete."""
    done = {end.visit for end in before.visits if end.complete} if before else set()
    return tuple(visit for visit in plan if visit.id not in done)


def must_match(before: Run, deployment: Deployment) -> None:
    """Raises UsageError when the target is not the one the run began with."""
    recorded = before.first.target
    for name, now in (("kind", deployment.kind), ("bundle_hash", deployment.bundle_hash)):
        if recorded.get(name) != now:
            raise UsageError(f"the run began with {name} {recorded.get(name)!r}, this target has {now!r}; start anew")


def carry_out(
    plan: tuple[Visit, ...], target: Target, header: Session, recorder: Recorder, clock: Clock = _CLOCK
) -> None:
    """One session: its header, its visits, and the reason of its end."""
    recorder.append(header)
    with reporting(sum(visit.requests for visit in plan)) as reporter:

        def record(event: Event) -> None:
            recorder.append(event)
            reporter.show(event)

        reason = "complete"
        try:
            measure(plan, target, Context(header.session, header.utc, record, clock))
        except BaseException as error:
            reason = _why(error)
            raise
        finally:
            with suppress(BenchError):  # a full disk must not hide why the run ended
                recorder.append(End(header.session, clock.utc(), reason))


@contextmanager
def restored(target: Target) -> Iterator[None]:
    """Put the functions' configuration back, whatever happens; say so if that fails."""
    try:
        yield
    finally:
        try:
            target.restore()
        except BenchError as error:
            print(f"warning: a function's configuration was not restored: {error}", file=sys.stderr)


def _why(error: BaseException) -> str:
    return "interrupted" if isinstance(error, KeyboardInterrupt) else f"ended early: {error}"
