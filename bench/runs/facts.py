"""Gathers what a reader needs to know about where and with what a run was made."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.runs.core_speed import fibonacci_ms
from contract.checkout import ROOT

_DAMON = Path("/sys/kernel/mm/damon/admin/kdamonds")
UNKNOWN = "unknown"
"""The revision of a folder that is not a repository."""


@dataclass(frozen=True)
class Machine:
    """The machine that measures; memory in GB of 10**9 bytes; `fibonacci_ms` says how fast a core is (core_speed)."""

    cpu: str
    cores: int | None
    memory_gb: float | None
    kernel: str
    idle_memory: str
    fibonacci_ms: float


@dataclass(frozen=True)
class Facts:
    """The machine, versions and git revision; nothing identifies a person or a path."""

    machine: Machine
    versions: Mapping[str, str]
    revision: str

    def recorded(self) -> dict[str, Any]:
        """The facts as they go into the records."""
        return asdict(self)


def gather() -> Facts:
    """The facts of this process, here and now."""
    machine = Machine(
        _cpu(), os.cpu_count(), _memory_gb(), platform.release(), _idle_memory(), round(fibonacci_ms(), 1)
    )
    packages = {name: version(name) for name in ("requests", "urllib3", "boto3", "numpy")}
    return Facts(machine, {"python": platform.python_version(), **packages}, _revision())


def recorded_revision(facts: Mapping[str, Any]) -> str | None:
    """The git revision of a recorded run; None where it is not known."""
    found = facts.get("revision")
    return None if found in (None, UNKNOWN) else str(found)


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()


def _memory_gb() -> float | None:
    if sys.platform == "win32":
        return None
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)


def _idle_memory() -> str:
    """Whether the kernel reclaims memory that nobody has used for a while, as on some virtual machines.

    There page caches cool by themselves, and the next use of such memory is slower, because the host must give it
    again. See the kernel's documentation, admin-guide/mm/damon/usage.
    """
    for state in _DAMON.glob("*/state"):
        if _read(state) == "on":
            for action in state.parent.glob("contexts/*/schemes/*/action"):
                if _read(action) == "pageout":
                    return "taken back by the kernel (DAMON)"
    return "kept"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _revision() -> str:
    """The git revision, marked when the tree differs from it; UNKNOWN outside a repository."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return UNKNOWN
    return found.stdout.strip()
