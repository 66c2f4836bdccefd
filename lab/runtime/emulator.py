"""Runs the processes of one execution environment: RIE, and the Python runtime that RIE starts at INIT."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import aiohttp

from lab.host.errors import LabError
from lab.host.ports import ADDRESS, accepts, free_ports
from lab.host.workspace import Workspace
from lab.runtime.console import LINE_LIMIT, Console, Turn
from lab.runtime.launch import Launch
from lab.runtime.limits import Limits
from lab.runtime.memory import max_memory_mb
from lab.shape.surroundings import Surroundings

_INVOKE_PATH = "/2015-03-31/functions/function/invocations"
_LAUNCHES = 3


@dataclass(frozen=True)
class Host:
    """What all environments of a lab share."""

    workspace: Workspace
    rie: Path
    session: aiohttp.ClientSession


class Emulator:
    """One RIE process, the runtime process under it, and the limits of both."""

    def __init__(
        self, host: Host, process: asyncio.subprocess.Process, api: str, console: Console, limits: Limits
    ) -> None:
        self.runtime: int | None = None
        self._session = host.session
        self._process = process
        self._url = f"http://{api}{_INVOKE_PATH}"
        self._console = console
        self._limits = limits

    @classmethod
    async def launch(
        cls,
        host: Host,
        code: Launch,
        surroundings: Surroundings,
        variables: Mapping[str, str],
        limits: Limits,
        on_line: Callable[[str], None],
    ) -> Self:
        """Start RIE on free ports; the runtime is started by the first event. Raises LabError if RIE does not start.

        `variables` are added to those of the code, and override them.
        """
        for _ in range(_LAUNCHES):  # another program may take a port before this one uses it
            port, runtime_api = free_ports(2)
            api = f"{surroundings.address}:{port}"
            process = await asyncio.create_subprocess_exec(
                *(*surroundings.wrapper, *code.wrapper),
                host.rie,
                *("--runtime-interface-emulator-address", api),
                *("--runtime-api-address", f"{ADDRESS}:{runtime_api}"),
                *code.runtime,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=code.folder,
                env=host.workspace.environment({**code.variables, **variables}),
                process_group=0,
                limit=LINE_LIMIT,
            )
            emulator = cls(host, process, api, Console(process, on_line), limits)
            try:
                if await accepts(process, port, surroundings.address):
                    limits.admit_emulator(process.pid)
                    return emulator
            except asyncio.CancelledError:
                await emulator.end()
                raise
        raise LabError(f"{host.rie} does not start: is it an aws-lambda-rie for this machine?")

    def begin(self, *, priming: bool = False) -> Turn:
        """Expect what RIE says about the next event."""
        return self._console.begin(priming=priming)

    async def post(self, event: bytes) -> bytes:
        """Send an event and return the result; raises aiohttp.ClientError if RIE ends meanwhile."""
        async with self._session.post(self._url, data=event) as response:
            return await response.read()

    async def find_runtime(self) -> None:
        """Wait until RIE has started the runtime, and limit it."""
        while (runtime := self._leader_below()) is None:
            await asyncio.sleep(0.002)
        self.runtime = runtime
        await self._limits.admit_runtime(runtime)

    def _leader_below(self) -> int | None:
        """The child of RIE that leads a process group; Go also starts short-lived children, which do not."""
        tasks = Path(f"/proc/{self._process.pid}/task")
        with contextlib.suppress(OSError):  # threads and children come and go
            for children in tasks.glob("*/children"):
                for pid in map(int, children.read_text().split()):
                    if os.getpgid(pid) == pid:
                        return pid
        return None

    def end_init(self) -> None:
        """INIT is over: what holds for it alone ends."""
        self._limits.end_init()

    def signal_runtime(self, number: signal.Signals) -> None:
        """Signal the runtime and its children: the runtime leads a process group."""
        if self.runtime is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.runtime, number)

    @property
    def running(self) -> bool:
        """True while RIE runs, with a runtime or before it has one."""
        return self._process.returncode is None

    @property
    def alive(self) -> bool:
        """True while both processes run (or are frozen)."""
        return self.running and self.runtime is not None and Path(f"/proc/{self.runtime}").exists()

    @property
    def max_memory_mb(self) -> int:
        """Largest resident size of the runtime so far; if it is gone, what the limit recorded."""
        peak = None if self.runtime is None else max_memory_mb(self.runtime)
        return self._limits.memory.peak_mb() if peak is None else min(peak, self._limits.memory.size_mb)

    async def end(self) -> None:
        """Kill both processes and read the rest of what they printed."""
        self.signal_runtime(signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await self._console.drain()
        self._limits.close()
