"""Removes whatever a lab leaves behind: processes, mounts, networks, control groups, files.

Loop devices and network namespaces go with their mounts.

The lab starts this file as a process of its own that reads a pipe. The pipe closes when the lab ends, however it ends,
and then the janitor sweeps. It keeps no list: everything that belongs to a lab can be recognised by the lab's root
folder, so nothing is missed if the lab was killed between doing something and noting it down. Standard library only: it
is run with `python -I` and must start fast.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

#: Environment variable that every process of a lab carries; its value is the lab's root folder.
MARKER = "MODEL_STORAGE_LAB"
#: The file in the root folder that stays locked as long as the lab or its janitor lives.
LOCK = "lock"
#: The folder in the root folder with a mounted file for each network namespace.
NETWORKS = "networks"
#: Where the kernel shows control groups: those of version 1 by their controllers, and the one tree of version 2.
MEMORY_GROUPS = Path("/sys/fs/cgroup/memory")
PROCESSOR_GROUPS = Path("/sys/fs/cgroup/cpu")
UNIFIED_GROUPS = Path("/sys/fs/cgroup")
CGROUP_ROOTS = (MEMORY_GROUPS, PROCESSOR_GROUPS, UNIFIED_GROUPS)
#: A process that was killed stays in its control group for a moment.
_LEAVES_WITHIN_S = 2.0


def link_prefix(root: Path) -> str:
    """How the names of a lab's network links begin on the host; four more characters make the 15 that fit."""
    return f"lab{hashlib.sha256(root.name.encode()).hexdigest()[:8]}"


def sweep(root: Path) -> None:
    """End and remove everything that belongs to the lab rooted at `root`. Safe to call twice."""
    _kill_processes(root)
    _unmount(root)
    _remove_links(root)
    _remove_cgroups(root)
    if not _mounts(root) and not _links(root):  # never delete through a mount, nor the name that links are known by
        shutil.rmtree(root, ignore_errors=True)


def sweep_stale(parent: Path, prefix: str) -> list[Path]:
    """Sweep the labs under `parent` whose owner and janitor are both dead; return their root folders."""
    swept = []
    for lock in parent.glob(f"{prefix}*/{LOCK}"):
        with contextlib.suppress(OSError), lock.open() as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises while one of them lives
            sweep(lock.parent)
            swept.append(lock.parent)
    return swept


def _kill_processes(root: Path) -> None:
    mark, networks = f"{MARKER}={root}".encode(), _networks(root)
    clean_scans = 0
    while clean_scans < 2:  # a process may start another one while we look
        others = [pid for pid in _pids() if pid != os.getpid()]
        pids = [pid for pid in others if mark in _environment(pid) or _network(Path(f"/proc/{pid}/ns/net")) in networks]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        clean_scans = 0 if pids else clean_scans + 1
        time.sleep(0.01)


def _pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _networks(root: Path) -> set[tuple[int, int]]:
    """The lab's network namespaces. nginx, for one, writes over its environment, but it is in one of them."""
    return {network for file in (root / NETWORKS).glob("*") if (network := _network(file))}


def _network(file: Path) -> tuple[int, int] | None:
    """What tells the file of a network namespace from all others; None if it is gone or not ours to see."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _mounts(root: Path) -> list[str]:
    """Mount points at or below `root`, the last that was made first: it may be below, or in a file of, another."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = [re.sub(r"\\(\d{3})", lambda m: chr(int(m[1], 8)), line.split(" ")[4]) for line in lines]
    return [point for point in reversed(points) if point.startswith(f"{root}/")]


def _unmount(root: Path) -> None:
    for point in _mounts(root):
        for command in (["umount", point], ["fusermount3", "-u", point], ["umount", "-l", point]):
            if _run(command):
                break


def _links(root: Path) -> list[str]:
    """Names of the lab's network links on the host; their other ends go with them."""
    return [name for _, name in socket.if_nameindex() if name.startswith(link_prefix(root))]


def _remove_links(root: Path) -> None:
    for name in _links(root):
        _run(["ip", "link", "del", name])


def _remove_cgroups(root: Path) -> None:
    deadline = time.monotonic() + _LEAVES_WITHIN_S
    for group in (base / root.name for base in CGROUP_ROOTS):
        while group.is_dir():
            for folder, _, _ in os.walk(group, topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(folder)
            if time.monotonic() > deadline:
                break
            time.sleep(0.01)


def _run(command: list[str]) -> bool:
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def main(root: Path) -> None:
    """Wait until standard input closes, then sweep `root`."""
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    sys.stdin.buffer.read()
    sweep(root)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
