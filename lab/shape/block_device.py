"""Mounts a file system's image for one environment, through a device that answers at the pace of Lambda's storages."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Self

from lab.host.errors import LabError
from lab.host.loop import loop_device, loop_mount
from lab.host.ports import free_ports
from lab.host.workspace import Workspace
from lab.shape.links import SERVERS
from lab.shape.namespace import Namespace
from lab.shape.shape import FileSystem, ImageChunks

#: KiB of a device's longest read. FUSE has no longer ones, and the parts of a split one could arrive in any order.
_LONGEST = 1024
#: KiB that the kernel reads ahead of a reader: Linux's default, for Lambda's disks and for NFS.
_AHEAD = 128
_TRIALS, _TRIAL_MS = 32, 1.0  # chunks that are read to learn what they take beside their wait, and that wait
_PAGE = 4096
_THREADS = 128  # of the server of all environments: reads at the same time

_Process = asyncio.subprocess.Process


@dataclass(frozen=True)
class Chunked:
    """An image whose chunks come from a cache or from their origin.

    `cached` is the file that has a byte for each chunk. `own_ms` is what a chunk takes here beside the wait.
    """

    image: Path
    cached: Path
    figures: ImageChunks
    own_ms: float = 0.0

    @classmethod
    async def of(cls, workspace: Workspace, servers: Namespace, image: Path, label: str, figures: ImageChunks) -> Self:
        """Take a finished image: at first all of its chunks are cached, or none as after a deployment."""
        source = cls(image, workspace.root / f"{label}.cached", figures)
        own_ms = await source._measured(workspace, servers, label)
        source.cached.write_bytes(bytes([figures.cached]) * source.chunks)
        return replace(source, own_ms=own_ms)

    @property
    def chunks(self) -> int:
        """How many chunks the image has."""
        return -(-self.image.stat().st_size // self.figures.chunk)

    def command(self, point: Path) -> tuple[str | Path, ...]:
        """The arguments with which `lab.shape.paced_device` shows it at a point."""
        figures = self.figures
        numbers = (figures.chunk, figures.later_ms, figures.first_ms, self.own_ms)
        return ("image", point, self.image, self.cached, *map(str, numbers))

    async def _measured(self, workspace: Workspace, servers: Namespace, label: str) -> float:
        """What a chunk takes here beside its wait, in ms: the least of some, because others work meanwhile."""
        self.cached.write_bytes(bytes(self.chunks))
        waits = replace(self, figures=replace(self.figures, later_ms=_TRIAL_MS, first_ms=_TRIAL_MS))
        device = await BlockDevice.mount(workspace, f"trial-{label}", waits, servers)
        try:
            return await asyncio.to_thread(device.fastest_touch_ms, self.figures.chunk, _TRIALS) - _TRIAL_MS
        finally:
            await device.close()


@dataclass(frozen=True)
class Shared:
    """An image that a server has, in the network of the lab's servers, and that environments read over theirs."""

    port: int
    figures: FileSystem

    @classmethod
    async def of(cls, workspace: Workspace, servers: Namespace, image: Path, figures: FileSystem) -> Self:
        """Start the server of a finished image. Raises LabError."""
        (port,) = free_ports(1)
        name, ready = f"nbdkit-{image.stem}", image.with_suffix(".pid")
        command = ("nbdkit", "--foreground", "--readonly", "-i", SERVERS, "-p", str(port), "-P", ready)
        threads = ("--threads", str(_THREADS))
        server = await workspace.serve(name, servers.inside(*command, *threads, "file", f"file={image}"))
        while not ready.exists():
            await _next_look(workspace, server, name)
        return cls(port, figures)

    def command(self, point: Path) -> tuple[str | Path, ...]:
        """The arguments with which `lab.shape.paced_device` shows it at a point."""
        return ("network", point, SERVERS, str(self.port), *map(str, astuple(self.figures)))


class BlockDevice:
    """A file system that is mounted at `folder` for one environment, and the process of its device."""

    def __init__(self, workspace: Workspace, name: str) -> None:
        self._workspace = workspace
        self._name = f"{name}/device"
        self._root = workspace.folder(name)
        self._file = workspace.root / self._name
        self.folder = self._root / "files"
        self._process: _Process | None = None

    @classmethod
    async def mount(cls, workspace: Workspace, name: str, source: Chunked | Shared, network: Namespace) -> Self:
        """Mount it for the environment that has this name and network. Raises LabError; then nothing stays."""
        device = cls(workspace, f"devices/{name}")
        device.folder.mkdir()
        device._file.touch()
        try:
            await device._show(
                network.inside(sys.executable, "-m", "lab.shape.paced_device", *source.command(device._file))
            )
            await loop_mount(workspace, device._file, device.folder)
            device._set_queue()
        except BaseException:
            await device.close()
            raise
        return device

    async def _show(self, command: Sequence[str | Path]) -> None:
        """Start the process, and wait until it has put its own file over the empty one."""
        self._process = await self._workspace.serve(self._name, command)
        while self._file.stat().st_dev == self._root.stat().st_dev:
            await _next_look(self._workspace, self._process, self._name)

    def _set_queue(self) -> None:
        """Let the kernel ask as it asks Lambda's disks. Raises LabError if it would ask for one read at a time."""
        block = Path("/sys/block", loop_device(self.folder))
        if (block / "loop/dio").read_text().strip() != "1":
            raise LabError("loop devices have no direct I/O on this kernel, so a mount has no two reads in flight")
        (block / "queue/max_sectors_kb").write_text(str(_LONGEST))
        (block / "queue/read_ahead_kb").write_text(str(_AHEAD))

    def fastest_touch_ms(self, chunk: int, count: int) -> float:
        """The shortest time in ms of so many reads of a page, each of another chunk, from the device's end."""
        with open(Path("/dev", loop_device(self.folder)), "rb", buffering=0) as device:
            os.posix_fadvise(device.fileno(), 0, 0, os.POSIX_FADV_RANDOM)  # no read-ahead
            beyond = device.seek(0, os.SEEK_END) // chunk
            times = []
            for one in range(max(0, beyond - 2 * count), beyond, 2):
                started = time.perf_counter()
                os.pread(device.fileno(), _PAGE, one * chunk)
                times.append((time.perf_counter() - started) * 1e3)
            return min(times)

    async def close(self) -> None:
        """Unmount the file system, end the process and remove the folder. What used it must have been killed."""
        for point in (self.folder, self._file):
            with contextlib.suppress(LabError):  # not mounted
                await self._workspace.run("umount", "--lazy", point)  # a killed process may use it for a moment yet
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self._process.wait()
        await asyncio.to_thread(shutil.rmtree, self._root, ignore_errors=True)


async def _next_look(workspace: Workspace, process: _Process, name: str) -> None:
    """Wait a moment for a process to be ready; raises LabError if it has ended instead."""
    if process.returncode is not None:
        raise LabError(f"{name} does not start:\n{workspace.log_tail(name)}")
    await asyncio.sleep(0.005)
