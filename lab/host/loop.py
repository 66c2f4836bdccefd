"""Mounts files that hold a file system."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from lab.host.errors import LabError
from lab.host.workspace import Workspace


async def loop_mount(workspace: Workspace, image: Path, point: Path) -> None:
    """Mount an ext4 image read-only; raises LabError. Its loop device frees itself when it is unmounted."""
    await workspace.run("mount", "-t", "ext4", "-o", "loop,ro", image, point)
    # With direct I/O the loop device keeps no second copy of the image in the page cache. If the file system below
    # cannot do that, there is such a copy, which is evicted with the image's file.
    with contextlib.suppress(LabError):
        await workspace.run("losetup", "--direct-io=on", f"/dev/{loop_device(point)}")


def loop_device(point: Path) -> str:
    """The name of the loop device that is mounted at a point, such as `loop0`."""
    number = point.stat().st_dev
    return Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}").resolve().name
