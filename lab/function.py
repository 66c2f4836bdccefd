"""A deployed function: its pool of execution environments, scale-out, idle reaping and configuration updates."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from lab.environment import Answer, Environment, Host, Init
from lab.logs import LogGroup
from lab.report import Report, end_line, init_report_line, start_line
from lab.spec import Configuration, FunctionSpec

#: Lambda gives INIT ten seconds, then runs it again as part of the first invocation.
INIT_LIMIT_S = 10.0
#: Environments one function may have; Lambda throttles above the account's concurrency in the same way.
MAX_ENVIRONMENTS = 64

_log = logging.getLogger(__name__)


class UpdateInProgressError(RuntimeError):
    """The configuration is being updated; ask again when LastUpdateStatus is Successful."""


class ThrottledError(RuntimeError):
    """All environments are busy and no more may be started."""


@dataclass(frozen=True)
class Invocation:
    """The outcome of one invocation. ``payload`` is the response or the error object; ``log`` its log lines."""

    request_id: str
    payload: bytes
    function_error: bool
    log: tuple[str, ...]


class Function:
    """Invocations take the environment used last, or start one when all are busy; an update retires them all.

    ``evict`` runs during every update, when no environment is left and before the update is Successful.
    """

    def __init__(self, host: Host, spec: FunctionSpec, idle_s: float, evict: Callable[[], Awaitable[None]]) -> None:
        self.configuration = Configuration(spec)
        self.logs = LogGroup(spec.log_group)
        self._host = host
        self._idle_s = idle_s
        self._evict = evict
        self._idle: list[Environment] = []
        self._running: set[asyncio.Task[Invocation]] = set()
        self._update: asyncio.Task[None] | None = None
        self._reaper = asyncio.create_task(self._reap())

    async def invoke(self, event: bytes) -> Invocation:
        """Run the function on one event (JSON text); goes on to its end even if the caller stops waiting."""
        if len(self._running) >= MAX_ENVIRONMENTS:
            raise ThrottledError(f"{MAX_ENVIRONMENTS} environments of {self.configuration.spec.name} are busy")
        if self._update is not None:
            await asyncio.wait([self._update])
        task = asyncio.create_task(self._run(event))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    def update(self, spec: FunctionSpec) -> Configuration:
        """Begin to replace the configuration; it is InProgress until all environments are retired."""
        if self._update is not None and not self._update.done():
            raise UpdateInProgressError
        self.configuration = Configuration(spec, "InProgress", "The function is being created or updated.")
        self._update = asyncio.create_task(self._apply())
        return self.configuration

    async def close(self) -> None:
        """End all environments, busy ones included."""
        self._reaper.cancel()
        for task in (self._update, *self._running):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task
        await self._retire(self._idle)

    async def _apply(self) -> None:
        await self._retire(self._idle)
        if self._running:
            await asyncio.wait(self._running)
            await self._retire(self._idle)
        status, reason = "Successful", ""
        try:
            await self._evict()
        except OSError as error:
            status, reason = "Failed", f"cannot evict the weights from the page cache: {error}"
            _log.error(reason)
        self.configuration = Configuration(self.configuration.spec, status, reason)

    async def _run(self, event: bytes) -> Invocation:
        while self._idle:
            environment = self._idle.pop()
            if environment.alive:
                environment.lines.clear()
                return await self._invoke(environment, event, None, 0.0)
            await environment.end()
        environment = Environment(self._host, self.configuration.spec, self.logs)
        return await self._first(environment, event)

    async def _first(self, environment: Environment, event: bytes) -> Invocation:
        """A cold start: INIT, and if it fails or takes too long once more within the invocation, as Lambda does."""
        spec = environment.spec
        try:
            init = await environment.initialise(INIT_LIMIT_S)
            if init.ok:
                return await self._invoke(environment, event, init.duration_ms, 0.0)
            _log_failed_init(environment, init, "init")
        except BaseException:
            await environment.end()
            raise
        await environment.end()
        started = time.monotonic()
        again = Environment(self._host, spec, self.logs, stream=environment.stream)
        again.lines.extend(environment.lines)
        try:
            init = await again.initialise(spec.timeout_s)
            if init.ok:
                return await self._invoke(again, event, None, time.monotonic() - started)
            _log_failed_init(again, init, "invoke")
            request_id = str(uuid.uuid4())
            again.log(start_line(request_id))
            payload = None if init.timed_out else init.error
            answer = Answer(request_id, init.duration_ms, again.peak_mb(), payload, function_error=True, exited=True)
            return await self._finish(again, answer, None)
        except BaseException:
            await again.end()
            raise

    async def _invoke(
        self, environment: Environment, event: bytes, init_ms: float | None, spent_s: float
    ) -> Invocation:
        """Run an initialised environment on the event; ``spent_s`` of the timeout went into a second INIT."""
        try:
            answer = await environment.invoke(event, environment.spec.timeout_s - spent_s)
            answer = replace(answer, duration_ms=answer.duration_ms + spent_s * 1000)
            return await self._finish(environment, answer, init_ms)
        except BaseException:
            await environment.end()
            raise

    async def _finish(self, environment: Environment, answer: Answer, init_ms: float | None) -> Invocation:
        """Write the log lines of the end, and put the environment back or end it."""
        spec, request_id, payload = environment.spec, answer.request_id, answer.payload
        status = error_type = None
        function_error, duration_ms = answer.function_error, answer.duration_ms
        if payload is None:
            status, function_error, duration_ms = "timeout", True, spec.timeout_s * 1000.0
            text = f"Task timed out after {spec.timeout_s:.2f} seconds"
            stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
            environment.log(f"{stamp} {request_id} {text}")
            payload = json.dumps({"errorMessage": f"{stamp} {request_id} {text}"}).encode()
        elif answer.exited:
            status, error_type = "error", json.loads(payload).get("errorType")
        if answer.exited or status == "timeout":
            await environment.end()
        else:
            environment.freeze()
        environment.log(end_line(request_id))
        report = Report(request_id, duration_ms, spec.memory_mb, answer.max_memory_mb, init_ms, status, error_type)
        environment.log(report.line())
        lines = tuple(environment.lines)
        if status is None:
            self._idle.append(environment)
        return Invocation(request_id, payload, function_error, lines)

    async def _reap(self) -> None:
        while True:
            await asyncio.sleep(min(1.0, self._idle_s / 4))
            oldest = time.monotonic() - self._idle_s
            await self._retire([env for env in self._idle if env.idle_since < oldest])

    async def _retire(self, environments: list[Environment]) -> None:
        retired = list(environments)
        self._idle = [env for env in self._idle if env not in retired]
        await asyncio.gather(*(env.end() for env in retired))


def _log_failed_init(environment: Environment, init: Init, phase: str) -> None:
    if init.timed_out:
        environment.log(init_report_line(init.duration_ms, phase, "timeout"))
    else:
        assert init.error is not None
        error_type = json.loads(init.error).get("errorType")
        environment.log(init_report_line(init.duration_ms, phase, "error", error_type))
