"""Limits the memory of an execution environment, and measures how much it used."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

from lab.host import cgroups
from lab.host.processes import children

_WATCH_INTERVAL_S = 0.02


class MemoryLimit:
    """The memory size of one environment: a memory cgroup if the kernel allows one, else a watcher.

    The limit kills, as Lambda's does: the runtime gets SIGKILL, and RIE reports `signal: killed`.
    """

    def __init__(self, lab: str, environment: str, limit_mb: int) -> None:
        self.size_mb = limit_mb
        self._limit = limit_mb << 20
        self._group = cgroups.memory_group(lab, environment, self._limit)
        self._watcher: asyncio.Task[None] | None = None

    def admit(self, pid: int) -> None:
        """Put a process, and all it will start, under the limit."""
        if self._group is not None:
            cgroups.admit(cgroups.leaf(self._group), pid)

    def watch(self, pid: int) -> None:
        """Watch the runtime process if there is no cgroup to do it."""
        if self._group is None:
            self._watcher = asyncio.create_task(self._watch(pid))

    async def _watch(self, pid: int) -> None:
        while used := sum(_status_kb(one, "RssAnon", "RssShmem") for one in (pid, *children(pid))):
            if used << 10 > self._limit:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                return
            await asyncio.sleep(_WATCH_INTERVAL_S)

    def peak_mb(self) -> int:
        """Most memory the cgroup had, page cache included, in MB; the memory size where there is no cgroup."""
        for name in ("memory.max_usage_in_bytes", "memory.peak"):
            if self._group is not None and (self._group / name).exists():
                return int((self._group / name).read_text()) >> 20
        return self.size_mb

    def close(self) -> None:
        """Remove the cgroup; its processes must be gone."""
        if self._watcher is not None:
            self._watcher.cancel()
        if self._group is not None:
            cgroups.remove(self._group)


def max_memory_mb(pid: int) -> int | None:
    """Largest resident sizes of the process and of its children, added up, in MB rounded up; None if it is gone."""
    peak = _status_kb(pid, "VmHWM")
    peak += sum(_status_kb(child, "VmHWM") for child in children(pid))
    return -(-peak // 1024) if peak else None


def enforcement(lab: str) -> str:
    """How memory sizes are enforced on this machine, in words for the user."""
    group = cgroups.memory_group(lab, "probe", 1 << 30)
    if group is None:
        return "watching the resident size (no writable memory cgroup)"
    cgroups.remove(group)
    return "memory cgroup"


def _status_kb(pid: int, *names: str) -> int:
    """Sum of the named kB fields of /proc/PID/status; 0 if the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    return sum(int(fields[name].split()[0]) for name in names if name in fields)
