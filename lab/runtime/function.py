"""Runs a deployed function: its pool of environments, scale-out, reaping of idle ones, and configuration updates."""

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

from contract.limits import INIT_S
from lab.host.errors import LabError
from lab.runtime.capacity import Need
from lab.runtime.emulator import Host
from lab.runtime.environment import Answer, Environment, Init
from lab.runtime.function_spec import Configuration, FunctionSpec
from lab.runtime.logs import LogGroup
from lab.runtime.report import Report, end_line, init_report_line, start_line

_log = logging.getLogger(__name__)


class UpdateInProgressError(RuntimeError):
    """The configuration is being updated; ask again when LastUpdateStatus is Successful."""


class ThrottledError(RuntimeError):
    """All environments are busy and there is no room for another one."""


@dataclass(frozen=True)
class Invocation:
    """The outcome of one invocation. `payload` is the response or the error object; `log` its log lines."""

    request_id: str
    payload: bytes
    function_error: bool
    log: tuple[str, ...]


class Function:
    """Invocations take the environment used last, or start one when all are busy; an update retires them all.

    `prepare` runs during every update, when no environment is left and before the update is Successful.

    Whenever the next invocation would be a cold start, an environment stands by for it: its emulator runs, INIT has not
    begun. The emulator represents Lambda's own part of a sandbox, which does not start in the caller's time; everything
    of the function does. Further environments, when all are busy, start without one that stands by.
    """

    def __init__(
        self,
        host: Host,
        spec: FunctionSpec,
        idle_s: float,
        prepare: Callable[[], Awaitable[None]],
        refusal: Callable[[Function], Awaitable[str]],
    ) -> None:
        self.configuration = Configuration(spec)
        self.deployed = dict(spec.environment)
        self.logs = LogGroup(spec.log_group)
        self._host = host
        self._idle_s = idle_s
        self._prepare = prepare
        self._refusal = refusal
        self._peak_mb = 0
        self._idle: list[Environment] = []
        self._stand_by: Environment | None = None
        self._standing_by = asyncio.Lock()
        self._running: set[asyncio.Task[Invocation]] = set()
        self._update: asyncio.Task[None] | None = None
        self._keeper = asyncio.create_task(self._keep())

    async def invoke(self, event: bytes) -> Invocation:
        """Run the function on one event (JSON text), to its end even if the caller stops waiting."""
        if self._update is not None:
            await asyncio.wait([self._update])
        if not self._idle and (why := await self._refusal(self)):
            _log.warning("%s is throttled: %s", self.configuration.spec.name, why)
            raise ThrottledError(f"{self.configuration.spec.name}: {why}")
        environment = self._idle.pop() if self._idle else None
        task = asyncio.create_task(self._run(event, environment))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    @property
    def need(self) -> Need:
        """What one environment needs: the expected amount, or the largest seen if that is more."""
        spec = self.configuration.spec
        expected = min(spec.need.memory_mb, spec.memory_mb)
        return replace(spec.need, memory_mb=max(expected, self._peak_mb))

    @property
    def size(self) -> int:
        """How many environments there are, without the one that stands by, which has loaded nothing yet."""
        return len(self._running) + len(self._idle)

    @property
    def idle_since(self) -> float | None:
        """When the environment that has been idle for longest became so (monotonic seconds); None if none is idle."""
        return min((env.idle_since for env in self._idle), default=None)

    async def end_longest_idle(self) -> None:
        """End the environment that has been idle for longest, if one is idle."""
        await self._retire(sorted(self._idle, key=lambda env: env.idle_since)[:1])

    def update(self, spec: FunctionSpec) -> Configuration:
        """Begin to replace the configuration; it is InProgress until all environments are retired."""
        if self._update is not None and not self._update.done():
            raise UpdateInProgressError
        self.configuration = Configuration(spec, "InProgress", "The function is being created or updated.")
        self._update = asyncio.create_task(self._apply())
        return self.configuration

    async def renew(self) -> Configuration:
        """Retire all environments, as an update does that changes nothing; the configuration after it.

        Raises UpdateInProgressError.
        """
        self.update(self.configuration.spec)
        if self._update is not None:
            await asyncio.wait([self._update])
        return self.configuration

    async def close(self) -> None:
        """End all environments, busy ones included."""
        for task in (self._keeper, self._update, *self._running):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task
        await self._retire(self._idle)
        await self._end_stand_by()

    async def _apply(self) -> None:
        await self._end_stand_by()
        await self._retire(self._idle)
        if self._running:
            await asyncio.wait(self._running)
            await self._retire(self._idle)
        status, reason = "Successful", ""
        try:
            await self._prepare()
        except Exception as error:  # whatever went wrong, an update must end
            status, reason = "Failed", f"cannot prepare the storage: {type(error).__name__}: {error}"
            _log.error(reason)
        await self._make_stand_by()
        self.configuration = Configuration(self.configuration.spec, status, reason)

    async def _make_stand_by(self) -> None:
        """Start an environment that stands by, if the next invocation would need one."""
        async with self._standing_by:
            if self._stand_by is None and not self._idle and not self._running:
                with contextlib.suppress(LabError, OSError):  # the invocation that needs it will report the error
                    self._stand_by = await Environment.start(self._host, self.configuration.spec, self.logs)

    async def _end_stand_by(self) -> None:
        async with self._standing_by:  # an environment that is just starting has the old configuration
            environment, self._stand_by = self._stand_by, None
            if environment is not None:
                await environment.end()

    async def _run(self, event: bytes, environment: Environment | None) -> Invocation:
        """Run in this environment or, if it has died meanwhile, in another idle one, else in a new one."""
        while environment is not None:
            if environment.alive:
                environment.log.lines.clear()
                return await self._invoke(environment, event, None)
            await environment.end()
            environment = self._idle.pop() if self._idle else None
        return await self._cold(event)

    async def _cold(self, event: bytes) -> Invocation:
        """A cold start: INIT and, if that fails or takes too long, once more within the invocation, as Lambda does."""
        spec = self.configuration.spec
        async with self._standing_by:  # one that is just starting is nearly there
            environment, self._stand_by = self._stand_by, None
        if environment is None or not environment.waiting:
            environment = await Environment.start(self._host, spec, self.logs)
        init = await _initialise(environment, INIT_S, "init")
        if init.ok:
            return await self._invoke(environment, event, init.duration_ms)
        started = time.monotonic()
        again = await Environment.start(self._host, spec, self.logs, environment.log)
        init = await _initialise(again, spec.timeout_s, "invoke")
        if init.ok:
            return await self._invoke(again, event, None, spent_s=time.monotonic() - started)
        request_id = str(uuid.uuid4())
        again.log.write(start_line(request_id))
        answer = Answer(request_id, init.duration_ms, again.max_memory_mb, init.error, function_error=True, exited=True)
        return await self._finish(again, answer, None)

    async def _invoke(
        self, environment: Environment, event: bytes, init_ms: float | None, spent_s: float = 0.0
    ) -> Invocation:
        """Run an initialised environment on the event; `spent_s` of the timeout went into a second INIT."""
        try:
            answer = await environment.invoke(event, environment.spec.timeout_s - spent_s)
        except BaseException:  # the lab is being closed
            await environment.end()
            raise
        answer = replace(answer, duration_ms=answer.duration_ms + spent_s * 1000)
        return await self._finish(environment, answer, init_ms)

    async def _finish(self, environment: Environment, answer: Answer, init_ms: float | None) -> Invocation:
        """Keep the environment or end it, and write the last lines of the invocation."""
        spec, request_id, payload = environment.spec, answer.request_id, answer.payload
        status = error_type = None
        duration_ms = answer.duration_ms
        if payload is None:
            status, duration_ms = "timeout", spec.timeout_s * 1000.0
            stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
            text = f"{stamp} {request_id} Task timed out after {spec.timeout_s:.2f} seconds"
            payload = json.dumps({"errorMessage": text}).encode()
        elif answer.exited:
            status, error_type = "error", json.loads(payload).get("errorType")
        if status is None:
            self._peak_mb = max(self._peak_mb, answer.max_memory_mb)
            environment.freeze()
        else:
            await environment.end()  # before the last lines, so that the function's own output comes first
        if status == "timeout":
            environment.log.write(text)
        environment.log.write(end_line(request_id))
        report = Report(request_id, duration_ms, spec.memory_mb, answer.max_memory_mb, init_ms, status, error_type)
        environment.log.write(report.line())
        lines = tuple(environment.log.lines)
        if status is None:
            self._idle.append(environment)
        return Invocation(request_id, payload, answer.function_error, lines)

    async def _keep(self) -> None:
        """Reap environments that were idle for too long, and have one stand by when none is left."""
        while True:
            if self._update is None or self._update.done():
                await self._make_stand_by()
            await asyncio.sleep(min(1.0, self._idle_s / 4))
            oldest = time.monotonic() - self._idle_s
            await self._retire([env for env in self._idle if env.idle_since < oldest])

    async def _retire(self, environments: list[Environment]) -> None:
        retired = list(environments)
        self._idle = [env for env in self._idle if env not in retired]
        await asyncio.gather(*(env.end() for env in retired))


async def _initialise(environment: Environment, limit_s: float, phase: str) -> Init:
    """Run INIT; if it does not go well, end the environment and log an INIT_REPORT line."""
    try:
        init = await environment.initialise(limit_s)
    except BaseException:  # the lab is being closed
        await environment.end()
        raise
    if not init.ok:
        await environment.end()
        status, error_type = "timeout", None
        if init.error is not None:
            status, error_type = "error", json.loads(init.error).get("errorType")
        environment.log.write(init_report_line(init.duration_ms, phase, status, error_type))
    return init
