"""One execution environment: a RIE process, the runtime process under it, and their private /tmp."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import aiohttp

from lab.console import LINE_LIMIT, Console
from lab.errors import LabError
from lab.logs import LogGroup
from lab.memory import MemoryLimit, max_memory_mb
from lab.ports import free_ports, wait_for_port
from lab.spec import REGION, FunctionSpec
from lab.workspace import Workspace

#: RIE starts INIT only when the first event arrives. This event is no JSON: awslambdaric refuses it after INIT and never
#: calls the handler with it, so INIT can run, be timed and be limited on its own, as on Lambda.
_PRIMING_EVENT = b"INIT"
_PRIMED_ERROR = "Runtime.UnmarshalError"
_INVOKE_PATH = "/2015-03-31/functions/function/invocations"

_T = TypeVar("_T")


@dataclass(frozen=True)
class Host:
    """What all environments of a lab share."""

    workspace: Workspace
    emulator: Path
    session: aiohttp.ClientSession


@dataclass(frozen=True)
class Init:
    """How INIT went: its duration, and the error payload if it failed (``timed_out`` if it took too long)."""

    duration_ms: float
    error: bytes | None = None
    timed_out: bool = False

    @property
    def ok(self) -> bool:
        """True if the handler can be called."""
        return self.error is None and not self.timed_out


@dataclass(frozen=True)
class Answer:
    """What came of one event. ``payload`` is None when the function timed out; ``exited`` if its process ended."""

    request_id: str
    duration_ms: float
    max_memory_mb: int
    payload: bytes | None
    function_error: bool = False
    exited: bool = False


class Environment:
    """Runs one event at a time; between events the runtime is frozen, as on Lambda."""

    def __init__(self, host: Host, spec: FunctionSpec, logs: LogGroup, stream: str | None = None) -> None:
        self.id = uuid.uuid4().hex
        self.stream = stream or f"{time.strftime('%Y/%m/%d', time.gmtime())}/[$LATEST]{self.id}"
        self.spec = spec
        self.lines: list[str] = []
        self.idle_since = time.monotonic()
        self._host = host
        self._logs = logs
        self._limit = MemoryLimit(host.workspace.root.name, self.id, spec.memory_mb)
        self._folder = host.workspace.folder(f"environments/{self.id}")
        self._process: asyncio.subprocess.Process | None = None
        self._console: Console | None = None
        self._runtime: int | None = None
        self._url = ""

    async def initialise(self, limit_s: float) -> Init:
        """Start the processes and run INIT for at most ``limit_s`` seconds."""
        console = await self._start()
        turn = console.begin(priming=True)
        started = time.monotonic()
        watcher = asyncio.create_task(self._find_runtime())
        error: bytes | None
        try:
            async with asyncio.timeout(limit_s):
                error = await self._post(_PRIMING_EVENT)
        except TimeoutError:
            return Init(_ms_since(started), timed_out=True)
        except aiohttp.ClientError:
            error = _exit_error("the runtime emulator ended during INIT")
        finally:
            watcher.cancel()
        if _error_type(error) == _PRIMED_ERROR:
            error = None
            await _within(turn.reported, None)
        return Init(turn.init_ms if turn.init_ms is not None else _ms_since(started), error)

    async def invoke(self, event: bytes, limit_s: float) -> Answer:
        """Give the function one event; never raises for what the function does."""
        assert self._console is not None
        turn = self._console.begin()
        self._signal_runtime(signal.SIGCONT)
        started = time.monotonic()
        payload: bytes | None = None
        try:
            async with asyncio.timeout(limit_s):
                payload = await self._post(event)
        except TimeoutError:
            pass
        except aiohttp.ClientError:
            payload = _exit_error("the execution environment was ended")
        duration = _ms_since(started)
        request_id = await _within(turn.request_id, str(uuid.uuid4()))
        if payload is not None and payload.startswith(b"Task timed out after "):
            payload = None
        if payload is None:
            return Answer(request_id, duration, self.peak_mb(), None)
        if _error_type(payload) in ("Runtime.ExitError", "Function.ResponseSizeTooLarge"):
            return Answer(request_id, duration, self.peak_mb(), payload, function_error=True, exited=True)
        await _within(turn.reported, None)
        duration = await _within(turn.runtime_ms, duration)
        return Answer(request_id, duration, self.peak_mb(), payload, function_error=_is_error(payload, request_id))

    def freeze(self) -> None:
        """Stop the runtime until the next event; no thread of it runs meanwhile."""
        self._signal_runtime(signal.SIGSTOP)
        self.idle_since = time.monotonic()

    @property
    def alive(self) -> bool:
        """True while both processes run (or are frozen)."""
        return (
            self._process is not None
            and self._process.returncode is None
            and self._runtime is not None
            and Path(f"/proc/{self._runtime}").exists()
        )

    async def end(self) -> None:
        """Kill both processes and remove everything the environment had."""
        self._signal_runtime(signal.SIGKILL)
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
        if self._console is not None:
            await self._console.drain()
        self._limit.close()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    def log(self, line: str) -> None:
        """Write a line into the environment's log stream."""
        self.lines.append(line)
        self._logs.append(self.stream, line)

    async def _start(self) -> Console:
        api, runtime_api = free_ports(2)
        self._url = f"http://127.0.0.1:{api}{_INVOKE_PATH}"
        self._process = await asyncio.create_subprocess_exec(
            self._host.emulator,
            *("--runtime-interface-emulator-address", f"127.0.0.1:{api}"),
            *("--runtime-api-address", f"127.0.0.1:{runtime_api}"),
            *(sys.executable, "-m", "awslambdaric", self.spec.handler),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.spec.code[-1],
            env=self._host.workspace.environment(self._variables()),
            process_group=0,
            limit=LINE_LIMIT,
        )
        self._limit.admit(self._process.pid)
        self._console = Console(self._process, self.log)
        if not await wait_for_port(api) or self._process.returncode is not None:
            raise LabError("the Lambda runtime interface emulator does not start; is the machine overloaded?")
        return self._console

    def _variables(self) -> dict[str, str]:
        """What Lambda sets, under what the function's configuration sets."""
        spec, tmp = self.spec, str(self._folder)
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "HOME": tmp,
            "TMPDIR": tmp,
            "PYTHONPATH": os.pathsep.join(map(str, spec.code)),
            "LAMBDA_TASK_ROOT": str(spec.code[-1]),
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
            "AWS_LAMBDA_LOG_STREAM_NAME": self.stream,
            **spec.environment,
        }

    async def _post(self, event: bytes) -> bytes:
        async with self._host.session.post(self._url, data=event) as response:
            return await response.read()

    async def _find_runtime(self) -> None:
        """Find the runtime process: RIE starts it when INIT begins."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task")
        while self._runtime is None:
            pids = [pid for task in children.glob("*/children") for pid in task.read_text().split()]
            if pids:
                self._runtime = int(pids[0])
                self._limit.watch(self._runtime)
            await asyncio.sleep(0.002)

    def _signal_runtime(self, number: signal.Signals) -> None:
        """Signal the runtime's process group: RIE makes the runtime the leader of its own."""
        if self._runtime is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._runtime, number)

    def peak_mb(self) -> int:
        """Max memory of the runtime in MB; of one that is gone, the limit it was held to."""
        peak = max_memory_mb(self._runtime) if self._runtime is not None else None
        return self.spec.memory_mb if peak is None else min(peak, self.spec.memory_mb)


def _ms_since(started: float) -> float:
    return (time.monotonic() - started) * 1000


async def _within(future: asyncio.Future[_T], default: _T) -> _T:
    """The future's result, or ``default`` if RIE says nothing within a second (its process was killed)."""
    done, _ = await asyncio.wait([future], timeout=1)
    return future.result() if done else default


def _exit_error(why: str) -> bytes:
    return json.dumps({"errorType": "Runtime.ExitError", "errorMessage": f"Error: {why}"}).encode()


def _error_type(payload: bytes) -> str | None:
    """``errorType`` of a payload that is an error object, else None."""
    if not payload.startswith(b"{") or b'"errorType"' not in payload[:4096] + payload[-4096:]:
        return None
    try:
        value = json.loads(payload)
    except ValueError:
        return None
    return str(value["errorType"]) if "errorType" in value and "errorMessage" in value else None


def _is_error(payload: bytes, request_id: str) -> bool:
    """True if the handler raised. RIE answers 200 either way; awslambdaric writes the request's id into its errors."""
    return _error_type(payload) is not None and json.loads(payload).get("requestId") == request_id
