"""Reads each second how busy the processors are: those of this machine, and what this process takes of them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import psutil

from bench.runs.loads import Reading, Step

_GROUPS = Path("/sys/fs/cgroup")
_EVERY_S = 1.0
_LEAST_S = 0.2  # a shorter rest at the end says nothing: the kernel counts in steps of 10 ms


@dataclass(frozen=True)
class Quota:
    """The processors that a container may use, where it has a limit: `cores`, and a counter of what it used."""

    cores: float
    used_s: Callable[[], float]


def quota(groups: Path = _GROUPS) -> Quota | None:
    """The limit of the container that this process runs in, by either version of control groups; None without one."""
    with suppress(OSError, ValueError):
        limit, period = (groups / "cpu.max").read_text().split()
        if limit.isdecimal():
            return Quota(int(limit) / int(period), lambda: _used_2(groups / "cpu.stat"))
    with suppress(OSError, ValueError):
        limit_us = int((groups / "cpu" / "cpu.cfs_quota_us").read_text())
        period_us = int((groups / "cpu" / "cpu.cfs_period_us").read_text())
        if limit_us > 0:
            return Quota(limit_us / period_us, lambda: int((groups / "cpuacct" / "cpuacct.usage").read_text()) / 1e9)
    return None


def _used_2(stat: Path) -> float:
    fields = dict(line.split() for line in stat.read_text().splitlines())
    return int(fields["usage_usec"]) / 1e6


def _busy_s() -> float:
    """Processor time of all processes since the start of the machine; what the host took away counts as busy."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + times.irq + times.softirq + times.steal)


class Meter:
    """Records a reading each second while it is open; `sender` is this client's number among several."""

    def __init__(self, step: Step, record: Callable[[Reading], None], sender: int = 0) -> None:
        limit = quota()
        machine = float(os.cpu_count() or 1)
        self._cores, self._used = (limit.cores, limit.used_s) if limit and limit.cores < machine else (machine, _busy_s)
        self._step, self._record, self._sender = step, record, sender
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        started = before = time.perf_counter()
        client, machine = time.process_time(), self._machine_s()
        over = False
        while not over:
            over = self._over.wait(_EVERY_S)
            now, client_now, machine_now = time.perf_counter(), time.process_time(), self._machine_s()
            passed = now - before
            if passed < _LEAST_S:
                return
            used = None if machine is None or machine_now is None else max(0.0, machine_now - machine) / passed
            self._record(
                Reading(
                    backend=self._step.backend,
                    step=self._step.number,
                    at_s=round(now - started, 3),
                    client=round((client_now - client) / passed, 3),
                    machine=used if used is None else round(min(used, self._cores), 3),
                    cores=round(self._cores, 3),
                    sender=self._sender,
                )
            )
            before, client, machine = now, client_now, machine_now

    def _machine_s(self) -> float | None:
        try:
            return self._used()
        except (OSError, ValueError, KeyError, AttributeError):  # not a Linux machine, or the files are hidden
            return None

    def __enter__(self) -> Meter:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
