"""Measure: force cold starts, call over HTTP, prove every sample, report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from bench.client.functions import Functions
from bench.commands.options import add_axes_options, add_target_options, axes_from
from bench.commands.report import present
from bench.errors import EXIT_INTERRUPTED, BenchError, UsageError
from bench.facts import gather
from bench.plan import Axes, Visit, build_plan, requests_in
from bench.progress import reporting
from bench.records.schema import End, Event, Session
from bench.records.store import RESULTS, Recorder
from bench.runner import Clock, Context, measure
from bench.target.connect import Choice, deployed
from bench.target.live import LiveTarget
from bench.target.protocol import Target


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `run`."""
    add_target_options(parser)
    add_axes_options(parser)
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to write (default reports/<UTC time>)")
    parser.add_argument("--json", action="store_true", help="print summary.json instead of the tables")


def execute(options: argparse.Namespace) -> int:
    """Measure to the plan, then report; Ctrl-C and failures report what was measured until then."""
    axes = axes_from(options)
    directory = options.out or Path("reports") / datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    if (directory / RESULTS).exists():
        raise UsageError(f"{directory} already holds a run; choose another --out")
    failure: BaseException | None = None
    try:
        _measure(axes, Choice(options.stack, options.outputs, options.cache, options.bundle), directory)
    except (BenchError, KeyboardInterrupt) as error:
        if not (directory / RESULTS).exists():
            raise
        failure = error
        print(_why(error), file=sys.stderr)
    code = present(directory, options.json)
    if isinstance(failure, BenchError):
        return failure.exit_code
    return EXIT_INTERRUPTED if failure else code


def _measure(axes: Axes, choice: Choice, directory: Path) -> None:
    """Start what must be started, make all visits, put everything back."""
    directory.mkdir(parents=True, exist_ok=True)
    print("setting up the target …", file=sys.stderr)
    with deployed(choice, axes.backends, axes.engines[0], directory / "lab.log") as deployment:
        for name in axes.backends:
            deployment.backend(name)
        target = LiveTarget(deployment, Functions(deployment))
        header = Session(1, Clock().utc(), axes, deployment.recorded(), target.describe(), gather())
        with Recorder(directory / RESULTS) as recorder, restored(target):
            carry_out(build_plan(axes), target, header, recorder)


def carry_out(plan: tuple[Visit, ...], target: Target, header: Session, recorder: Recorder) -> None:
    """One session: its header, its visits, and the reason of its end."""
    clock = Clock()
    recorder.append(header)
    with reporting(requests_in(plan)) as reporter:

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
