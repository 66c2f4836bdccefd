"""Finds the processes that a process has started."""

from __future__ import annotations

import contextlib
from pathlib import Path


def children(pid: int) -> list[int]:
    """The living children of all threads of a process; none if it is gone."""
    with contextlib.suppress(OSError):  # threads come and go
        return [
            int(child) for tasks in Path(f"/proc/{pid}/task").glob("*/children") for child in tasks.read_text().split()
        ]
    return []
