"""Carries out a plan against a target, one visit after the other, and records what happens as it happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.measure.protocol import Target
from bench.process.errors import TargetError
from bench.runs.cold_starts.kind import PRIMER, WARM
from bench.runs.plan import Visit
from bench.runs.records import Event, Observation, Sample, VisitEnd

SILENT_VISITS = 3  # after so many visits in a row without any answer the target counts as gone


@dataclass(frozen=True)
class Clock:
    """Where time comes from: monotonic seconds for durations, UTC text for the record."""

    monotonic: Callable[[], float] = time.perf_counter
    utc: Callable[[], str] = field(default=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Context:
    """What all visits of one process share. `tag` makes this run's nonces unlike any other's."""

    session: int
    tag: str
    record: Callable[[Event], None]
    clock: Clock = Clock()


def measure(plan: Iterable[Visit], target: Target, context: Context) -> None:
    """Make all visits in order. Raises whatever ends it early; everything measured until then is recorded.

    Raises TargetError when the target can no longer be driven, or has not answered for several visits.
    """
    started = context.clock.monotonic()
    silent = 0
    for visit in plan:
        seen = _Visitor(visit, target, context, started).run()
        silent = silent + 1 if all(map(_no_answer, seen)) else 0
        if silent == SILENT_VISITS:
            raise TargetError(f"the target has not answered in {silent} visits in a row: {seen[-1].error}")


def _no_answer(seen: Observation) -> bool:
    """Whether nothing came back, not even an error, for another reason than a time-out."""
    return seen.status is None and not seen.timed_out


class _LeftOut(Exception):
    """Ends a visit early: the requests that are left have no environment to stay with."""


class _Visitor:
    """One visit: the forced cold start, the requests after it, then Lambda's own account of them.

    It is what `bench.runs.cold_starts.kind.Asking` says; the visit's kind says what is asked.
    """

    def __init__(self, visit: Visit, target: Target, context: Context, started: float) -> None:
        self._visit = visit
        self._target = target
        self._context = context
        self._started = started
        self._nonce = f"{context.tag}-s{context.session}-{visit.id}"
        self._seen: list[Observation] = []
        self._before: Observation | None = None
        self._version: str | None = None

    def run(self) -> list[Observation]:
        """Make the visit and return what was seen; an interrupted visit still gets its log lines and its end."""
        clock = self._context.clock
        started = clock.monotonic()
        self._version = self._target.force_cold(self._visit.variant, self._nonce)
        if ready := self._visit.cold_start.kept_ready:
            self._version = self._target.keep_ready(self._visit.variant, self._nonce, ready)
        reconfigure_ms = round((clock.monotonic() - started) * 1e3, 3)
        try:
            skipped = self._requests()
        except BaseException:
            self._finish(reconfigure_ms, None, complete=False)
            raise
        if ready:  # it is paid for by the second
            self._target.let_go(self._visit.variant)
        self._finish(reconfigure_ms, skipped, complete=True, ping_ms=self._ping())
        return self._seen

    def _requests(self) -> str | None:
        """Send all requests of the visit; return why some were not sent, if any."""
        try:
            self._visit.cold_start.ask(self)
        except _LeftOut as left:
            return str(left)
        return None

    def one(self, state: str) -> None:
        """Send a request and wait for its answer."""
        utc, at = self._context.clock.utc(), self._context.clock.monotonic()
        seen = self._target.call(self._visit.variant)
        self._record(state, seen, utc, at)
        self._before = seen
        left = self._visit.requests - len(self._seen)
        if left > 0 and seen.environment_id is None and seen.status != 200:  # some functions of others name none
            raise _LeftOut(f"{left} requests left out: the one before brought no environment to stay with")

    def at_once(self, state: str, count: int) -> None:
        """Send `count` requests at the same moment and wait for all answers."""
        utc, at = self._context.clock.utc(), self._context.clock.monotonic()
        answers = self._target.call_at_once(self._visit.variant, count)
        for seen in sorted(answers, key=lambda seen: seen.invocation or 0):  # as one environment gave them
            self._record(state, seen, utc, at)

    def sleep(self, seconds: float) -> None:
        """Send nothing for so long."""
        self._context.clock.sleep(seconds)

    def _record(self, state: str, seen: Observation, utc: str, at: float) -> None:
        visit, context, before = self._visit, self._context, self._before
        sample = Sample(
            id=f"{visit.id}.{len(self._seen)}",
            visit=visit.id,
            session=context.session,
            round=visit.round,
            order=visit.order,
            warm_up=visit.warm_up,
            variant=visit.variant,
            state=state,
            cold_kind=None if state in (WARM, PRIMER) else visit.cold_start.name,
            utc=utc,
            elapsed_s=round(at - self._started, 3),
            nonce=self._nonce,
            limit_ms=self._target.limit_ms(visit.variant),
            seen=seen,
            previous_environment=before.environment_id if before else None,
            previous_invocation=before.invocation if before else None,
            version=self._version,
        )
        self._seen.append(seen)
        context.record(sample)

    def _ping(self) -> float | None:
        """Ping last, so that no sample is disturbed: the next visit makes its own environment."""
        is_plain = self._visit.variant.arm == "http" and self._visit.cold_start.pinged
        return self._target.ping(self._visit.variant) if is_plain and self._seen[-1].status == 200 else None

    def _finish(self, reconfigure_ms: float, skipped: str | None, complete: bool, ping_ms: float | None = None) -> None:
        lines = self._target.log_lines(self._visit.variant, self._seen)
        self._context.record(
            VisitEnd(self._visit.id, self._context.session, complete, lines, skipped, reconfigure_ms, ping_ms)
        )
