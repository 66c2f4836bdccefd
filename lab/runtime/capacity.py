"""Computes how many execution environments this machine has room for, in place of Lambda's concurrency limit."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

#: The most environments of one function, on any machine.
MAX_ENVIRONMENTS = 64
#: The share of the memory and disk available at the start that environments may fill; the rest is for the storages.
_SHARE = 0.8
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


@dataclass(frozen=True)
class Need:
    """What one environment needs at its peak, in MB: memory, and disk for its /tmp."""

    memory_mb: int = 0
    disk_mb: int = 0

    def times(self, count: int) -> Need:
        """What `count` environments need."""
        return Need(count * self.memory_mb, count * self.disk_mb)


class Tenant(Protocol):
    """A function as capacity sees it."""

    @property
    def need(self) -> Need:
        """What one of its environments needs."""

    @property
    def size(self) -> int:
        """How many environments it has."""


@dataclass(frozen=True)
class Capacity:
    """The memory and the disk that all environments together may use, in MB."""

    memory_mb: int
    disk_mb: int

    @classmethod
    def of_machine(cls, folder: Path) -> Capacity:
        """What is available now, where `folder` is on the disk that environments write to."""
        memory = min([psutil.virtual_memory().available, *_cgroup_limits()])
        return cls(int(memory * _SHARE) >> 20, int(shutil.disk_usage(folder).free * _SHARE) >> 20)

    def refusal(self, tenant: Tenant, tenants: Iterable[Tenant]) -> str:
        """Why the tenant may have no further environment beside those of all tenants; nothing if it may.

        Each tenant may always have one, or some functions could not be invoked at all.
        """
        if tenant.size == 0:
            return ""
        if tenant.size >= MAX_ENVIRONMENTS:
            return f"it has {MAX_ENVIRONMENTS} environments, which are busy"
        taken = [one.need.times(one.size) for one in tenants]
        need = tenant.need
        for what, wanted, used, limit in (
            ("memory", need.memory_mb, sum(one.memory_mb for one in taken), self.memory_mb),
            ("disk", need.disk_mb, sum(one.disk_mb for one in taken), self.disk_mb),
        ):
            if wanted and used + wanted > limit:
                return (
                    f"its {tenant.size} environments are busy, and another one's {wanted} MB of {what} do not fit: "
                    f"this machine had {limit} MB for environments, {used} MB of them are taken"
                )
        return ""

    @property
    def sentence(self) -> str:
        """The limit as a sentence for people."""
        return (
            f"{self.memory_mb} MB of memory and {self.disk_mb} MB of disk for all together, and {MAX_ENVIRONMENTS} of "
            "a function; idle ones of other functions make room, and what needs more is throttled (429, over HTTP 503)"
        )


def _cgroup_limits() -> list[int]:
    """The memory limits of the container that the lab runs in, if there are any; in bytes."""
    texts = [Path(name).read_text().strip() for name in _CGROUP_LIMITS if Path(name).exists()]
    return [int(text) for text in texts if text.isdecimal()]
