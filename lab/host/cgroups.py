"""Makes control groups for an execution environment, under whichever version the kernel has.

Version 1 has a tree for each controller, and a group of ours in each. Version 2 has one tree, in which only leaves hold
processes: the environment's group has the leaves `EMULATOR` and `RUNTIME`, and its memory limit covers both.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from lab.host.janitor import MEMORY_GROUPS, PROCESSOR_GROUPS, UNIFIED_GROUPS

EMULATOR, RUNTIME = "emulator", "runtime"


def memory_group(lab: str, environment: str, limit: int) -> Path | None:
    """A group whose processes may have `limit` bytes of memory; None where the kernel has none or we may not.

    The group to put processes into is `leaf(group)`.
    """
    with contextlib.suppress(OSError):
        if (MEMORY_GROUPS / "memory.limit_in_bytes").exists():
            group = MEMORY_GROUPS / lab / environment
            group.mkdir(parents=True)
            (group / "memory.limit_in_bytes").write_text(str(limit))
            return group
        if _unified_has("memory"):
            group = UNIFIED_GROUPS / lab / environment
            (group / EMULATOR).mkdir(parents=True)
            for parent in (UNIFIED_GROUPS, group.parent):
                (parent / "cgroup.subtree_control").write_text("+memory")
            (group / "memory.max").write_text(str(limit))
            (group / "memory.swap.max").write_text("0")
            return group
    return None


def leaf(group: Path) -> Path:
    """The group that takes the processes of a memory group."""
    return group / EMULATOR if (group / EMULATOR).is_dir() else group


def has_processor_groups() -> bool:
    """Whether we may make processor groups on this machine."""
    if (PROCESSOR_GROUPS / "cpu.shares").exists():
        return os.access(PROCESSOR_GROUPS, os.W_OK)
    return _unified_has("cpu") and os.access(UNIFIED_GROUPS / "cgroup.subtree_control", os.W_OK)


def processor_group(lab: str, environment: str) -> Path:
    """A group without a quota yet. Raises OSError where the kernel has none or we may not."""
    if (PROCESSOR_GROUPS / "cpu.shares").exists():
        group = PROCESSOR_GROUPS / lab / environment
    elif _unified_has("cpu"):
        group = UNIFIED_GROUPS / lab / environment / RUNTIME
    else:
        raise FileNotFoundError(f"there is no cpu controller in {PROCESSOR_GROUPS} or {UNIFIED_GROUPS}")
    group.mkdir(parents=True)
    if group.name == RUNTIME:
        for parent in (UNIFIED_GROUPS, group.parent.parent, group.parent):
            (parent / "cgroup.subtree_control").write_text("+cpu")
    return group


def set_quota(group: Path, quota_us: int, period_us: int) -> None:
    """Let the processes of a processor group run for `quota_us` of processor time in each period, in microseconds."""
    if (group / "cpu.cfs_quota_us").exists():
        (group / "cpu.cfs_period_us").write_text(str(period_us))
        (group / "cpu.cfs_quota_us").write_text(str(quota_us))
    else:
        (group / "cpu.max").write_text(f"{quota_us} {period_us}")


def admit(group: Path, pid: int) -> None:
    """Put a process with all its threads, and all that it will start, into a group; does nothing if it is gone."""
    with contextlib.suppress(ProcessLookupError):
        (group / "cgroup.procs").write_text(str(pid))


def remove(group: Path) -> None:
    """Remove a group and its leaves; what is busy now is left to the janitor."""
    for folder in (group / EMULATOR, group / RUNTIME, group):
        with contextlib.suppress(OSError):
            folder.rmdir()


def _unified_has(controller: str) -> bool:
    with contextlib.suppress(OSError):
        return controller in (UNIFIED_GROUPS / "cgroup.controllers").read_text().split()
    return False
