"""Runs one execution environment: INIT, then one event at a time, frozen in between."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import aiohttp

from lab.host.identity import REGION
from lab.runtime.emulator import Emulator, Host
from lab.runtime.function_spec import FunctionSpec
from lab.runtime.limits import Limits
from lab.runtime.logs import LogGroup, LogStream
from lab.shape.surroundings import Surroundings

#: RIE starts INIT only when the first event arrives. This event is not JSON: awslambdaric refuses it after INIT and
#: never calls the handler, so INIT can run, be timed and be limited on its own, as on Lambda.
_PRIMING_EVENT = b"INIT"
_PRIMED_ERROR = "Runtime.UnmarshalError"
#: RIE's message when the function's timeout is over; the lab's clock may be a moment behind it.
_TIMED_OUT = b"Task timed out after "
#: Errors after which the runtime process is gone.
_EXITS = ("Runtime.ExitError", "Function.ResponseSizeTooLarge")

_T = TypeVar("_T")


@dataclass(frozen=True)
class Init:
    """The outcome of INIT. `error` is the error object of a failure; None if INIT succeeded or ran out of time."""

    duration_ms: float
    ok: bool
    error: bytes | None = None


@dataclass(frozen=True)
class Answer:
    """The outcome of one event. `payload` is None when the function timed out; `exited` if its process ended."""

    request_id: str
    duration_ms: float
    max_memory_mb: int
    payload: bytes | None
    function_error: bool = False
    exited: bool = False


class Environment:
    """A RIE process and its runtime, their surroundings, a private /tmp, and a log stream. Make one with `start`."""

    def __init__(
        self, spec: FunctionSpec, emulator: Emulator, surroundings: Surroundings, log: LogStream, tmp: Path
    ) -> None:
        self.spec = spec
        self.log = log
        self.idle_since = time.monotonic()
        self._emulator = emulator
        self._surroundings = surroundings
        self._tmp = tmp

    @classmethod
    async def start(cls, host: Host, spec: FunctionSpec, logs: LogGroup, log: LogStream | None = None) -> Self:
        """Start RIE; with `log` the new environment continues that stream."""
        name = uuid.uuid4().hex
        log = log or LogStream(logs, f"{time.strftime('%Y/%m/%d', time.gmtime())}/[$LATEST]{name}")
        tmp = host.workspace.folder(f"environments/{name}")
        surroundings = await spec.surround(host.workspace)
        try:
            launch = spec.code.launch(tmp, surroundings.around.binds)
            variables = {**_variables(spec, log), **surroundings.around.variables}
            limits = Limits.of(host.workspace.root.name, name, spec)
            emulator = await Emulator.launch(host, launch, surroundings, variables, limits, log.write)
        except BaseException:
            await surroundings.close()
            raise
        return cls(spec, emulator, surroundings, log, tmp)

    async def initialise(self, limit_s: float) -> Init:
        """Run INIT for at most `limit_s` seconds, and never longer than the function's timeout: RIE counts it too."""
        turn = self._emulator.begin(priming=True)
        started = time.monotonic()
        watcher = asyncio.create_task(self._emulator.find_runtime())
        try:
            async with asyncio.timeout(limit_s):
                result = await self._emulator.post(_PRIMING_EVENT)
                if self._emulator.runtime is not None:  # found, but perhaps not yet limited
                    await watcher
        except TimeoutError:
            return Init(_ms_since(started), ok=False)
        except aiohttp.ClientError:
            result = _exit_error("the runtime emulator ended during INIT")
        finally:
            watcher.cancel()
        duration = turn.init_ms if turn.init_ms is not None else _ms_since(started)
        if result.startswith(_TIMED_OUT):
            return Init(duration, ok=False)
        if _error_type(result) != _PRIMED_ERROR:
            return Init(duration, ok=False, error=result)
        await _within(turn.reported, None)
        self._emulator.end_init()
        return Init(duration, ok=True)

    async def invoke(self, event: bytes, limit_s: float) -> Answer:
        """Give the function one event; never raises for what the function does."""
        turn = self._emulator.begin()
        self._emulator.signal_runtime(signal.SIGCONT)
        started = time.monotonic()
        payload: bytes | None = None
        try:
            async with asyncio.timeout(limit_s):
                payload = await self._emulator.post(event)
        except TimeoutError:
            pass
        except aiohttp.ClientError:
            payload = _exit_error("the execution environment was ended")
        duration = _ms_since(started)
        request_id = await _within(turn.request_id, str(uuid.uuid4()))
        if payload is None or payload.startswith(_TIMED_OUT):
            return Answer(request_id, duration, self.max_memory_mb, None, function_error=True)
        if _error_type(payload) in _EXITS:
            return Answer(request_id, duration, self.max_memory_mb, payload, function_error=True, exited=True)
        await _within(turn.reported, None)
        duration = await _within(turn.runtime_ms, duration)
        return Answer(request_id, duration, self.max_memory_mb, payload, _is_error(payload, request_id))

    def freeze(self) -> None:
        """Stop the runtime until the next event; no thread of it runs meanwhile."""
        self._emulator.signal_runtime(signal.SIGSTOP)
        self.idle_since = time.monotonic()

    @property
    def waiting(self) -> bool:
        """True if it can be initialised, because its emulator runs."""
        return self._emulator.running

    @property
    def alive(self) -> bool:
        """True if it can be given an event."""
        return self._emulator.alive

    @property
    def max_memory_mb(self) -> int:
        """Largest resident size of the runtime so far, in MB."""
        return self._emulator.max_memory_mb

    async def end(self) -> None:
        """Kill the processes and remove everything that the environment had."""
        await self._emulator.end()
        await self._surroundings.close()
        await asyncio.to_thread(shutil.rmtree, self._tmp, ignore_errors=True)


def _variables(spec: FunctionSpec, log: LogStream) -> Mapping[str, str]:
    """The variables that Lambda sets, overridden by those of the function's configuration."""
    return {
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "lab",
        "AWS_SECRET_ACCESS_KEY": "lab",
        "AWS_SESSION_TOKEN": "lab",
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(spec.timeout_s),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": spec.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log.name,
        **spec.environment,
    }


def _ms_since(started: float) -> float:
    return (time.monotonic() - started) * 1000


async def _within(future: asyncio.Future[_T], default: _T) -> _T:
    """The future's result, or `default` if RIE says nothing within a second (its process was killed)."""
    done, _ = await asyncio.wait([future], timeout=1)
    return future.result() if done else default


def _exit_error(why: str) -> bytes:
    return json.dumps({"errorType": "Runtime.ExitError", "errorMessage": f"Error: {why}"}).encode()


def _error_type(payload: bytes) -> str | None:
    """`errorType` of a payload that is an error object, else None."""
    if not payload.startswith(b"{") or b'"errorType"' not in payload[:4096]:
        return None
    try:
        value = json.loads(payload)
    except ValueError:
        return None
    return str(value["errorType"]) if "errorType" in value and "errorMessage" in value else None


def _is_error(payload: bytes, request_id: str) -> bool:
    """True if the handler raised. RIE answers 200 either way; awslambdaric writes the request's id into its errors."""
    return _error_type(payload) is not None and json.loads(payload).get("requestId") == request_id
