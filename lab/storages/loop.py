"""Mounts files that hold a file system."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from lab.host.errors import LabError
from lab.host.workspace import Workspace


async def loop_mount(workspace: Workspace, image: Path, point: Path) -> None:
    """Mount a file system image read-only; raises LabError. Its loop device frees itself when it is unmounted."""
    await workspace.run("mount", "-o", "loop,ro", image, point)
    device = Path(f"/sys/dev/block/{os.major(point.stat().st_dev)}:{os.minor(point.stat().st_dev)}").resolve().name
    # With direct I/O the loop device keeps no second copy of the image in the page cache. If the file system below
    # cannot do that, there is such a copy, which is evicted with the image's file.
    with contextlib.suppress(LabError):
        await workspace.run("losetup", "--direct-io=on", f"/dev/{device}")
