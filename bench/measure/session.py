"""Carries out one session of a run: what is left of its plan, its header, its visits, everything put back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bench.measure.progress import reporting
from bench.measure.protocol import Target
from bench.measure.runner import Clock, Context, measure
from bench.process.errors import BenchError, StorageError, UsageError
from bench.process.say import warn
from bench.process.signals import undisturbed
from bench.runs.conditions import THE_BUNDLE, conditions, differences
from bench.runs.plan import Visit
from bench.runs.records import End, Event, Session
from bench.runs.store import Recorder, Run

_CLOCK = Clock()


def remaining(plan: tuple[Visit, ...], before: Run | None) -> tuple[Visit, ...]:
    """The visits of a plan that an earlier session did not complete."""
    done = {end.visit for end in before.visits if end.complete} if before else set()
    return tuple(visit for visit in plan if visit.id not in done)


def must_match(
    before: Run, target: Mapping[str, Any], facts: Mapping[str, Any] | None = None, *, renewed: bool = False
) -> None:
    """Raise UsageError when the target, its settings or the machine are not those that the run began with.

    `renewed`: it was deployed anew on purpose, so its bundle may be another one. Warns about everything that a run of
    an earlier version has no record of.
    """
    first = before.first
    known = first.facts if facts is not None else {}
    found = differences(conditions(first.target, known), conditions(target, facts or {}))
    if renewed:
        found = {what: values for what, values in found.items() if not what.startswith(THE_BUNDLE)}
    for what, (then, today) in found.items():
        if then is not None:
            raise UsageError(f"the run began with another state of {what} ({then}; now {today}); start anew")
        warn(f"warning: the run has no record of {what}; now it is: {today}")


@dataclass(frozen=True)
class More:
    """Visits that a run needs as well, and why."""

    visits: tuple[Visit, ...]
    why: str


def carry_out(
    plan: tuple[Visit, ...],
    target: Target,
    header: Session,
    recorder: Recorder,
    clock: Clock = _CLOCK,
    further: Callable[[], More | None] = lambda: None,
) -> None:
    """One session: its header, its visits, everything put back, and the reason of its end.

    `further` is asked, whenever all visits are made and recorded, for more of them.
    """
    recorder.append(header)
    reason = "complete"
    try:
        with reporting(sum(visit.requests for visit in plan)) as reporter:

            def record(event: Event) -> None:
                recorder.append(event)
                reporter.show(event)

            def visits() -> Iterator[Visit]:
                yield from plan
                while more := further():
                    reporter.expect(sum(visit.requests for visit in more.visits), more.why)
                    yield from more.visits

            measure(visits(), target, Context(header.session, header.utc, record, clock))
    except BaseException as error:
        reason = reason_of(error)
        raise
    finally:
        with undisturbed(), suppress(StorageError):  # a full disk must not hide why the run ended
            recorder.append(End(header.session, clock.utc(), reason, _restore(target)))


def _restore(target: Target) -> bool:
    """Put the functions' configuration back, whatever happened; warn if that fails."""
    try:
        target.restore()
    except BenchError as error:
        warn(f"warning: a function's configuration was not restored: {error}. `restore` or --resume will try again")
        return False
    return True


def reason_of(error: BaseException) -> str:
    """Why the run ended. An error that is not ours gives its kind alone: its text may hold anything."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return f"ended early: {error}" if isinstance(error, BenchError) else f"ended early: {type(error).__name__}"
