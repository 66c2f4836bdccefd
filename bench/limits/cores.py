"""Measures the core time of the whole machine, so that the work of the storage's servers counts, too."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


@dataclass
class CoreTime:
    """Milliseconds of core time: `total` of all processes and the kernel, `own` of this process and its children."""

    total: float = 0.0
    own: float = 0.0


@contextmanager
def core_time() -> Iterator[CoreTime]:
    """Measure by the kernel's counters (proc(5), /proc/stat; 10 ms); the result is there when the `with` ends.

    Other work on the machine counts as well, so measure on a quiet one.
    """
    found, total, own = CoreTime(), _total(), _own()
    yield found
    found.total, found.own = _total() - total, _own() - own


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0))


def _total() -> float:
    """All time except idle time and the time that other virtual machines took (steal)."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _idle, _iowait, irq, softirq = (int(field) for field in file.readline().split()[1:8])
    return (user + nice + system + irq + softirq) * _TICK_MS


def _own() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return 1000 * sum(one.ru_utime + one.ru_stime for one in used)
