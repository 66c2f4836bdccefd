"""Finds what labs leave behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from lab.host.janitor import MARKER
from tests.lab.support.accounts import gone


def processes_of(tmp: Path, name: str = "") -> list[int]:
    """Processes of the labs under `tmp`, or of the one whose root folder is called `name`, that are alive."""
    mark = f"{MARKER}={tmp}/{name}"
    found = []
    for process in psutil.process_iter():
        try:
            variables = Path(f"/proc/{process.pid}/environ").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if any(variable.startswith(mark) for variable in variables) and not gone(process.pid):
            found.append(process.pid)
    return found


def left_over(tmp: Path, images: Path | None = None) -> list[str]:
    """Whatever is left of the labs under `tmp`, which may have mounted files in the folder `images`."""
    mounts = [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if str(tmp) in line]
    backings = [
        file for file in backing_files() if str(tmp) in file or (images is not None and file.startswith(f"{images}/"))
    ]
    folders = [str(path) for path in tmp.glob("model-storage-lab-*")]
    return [*mounts, *backings, *folders, *map(str, processes_of(tmp))]


def backing_files() -> Iterator[str]:
    """The files of all loop devices that have one."""
    for path in Path("/sys/block").glob("loop*/loop/backing_file"):
        with suppress(OSError):  # devices come and go
            yield path.read_text()
