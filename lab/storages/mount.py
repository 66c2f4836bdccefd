"""Mounts the bucket as a file system, SeaweedFS through FUSE, in place of EFS and of S3 Files."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from lab.host.enter_image import GROUP, USER
from lab.host.errors import LabError
from lab.host.workspace import Workspace
from lab.storages.bundle import Bundle
from lab.storages.seaweed import BUCKET, Seaweed, weed

#: The Debian packages that the real mounts need, and how to install them.
APT_LINE = "sudo apt-get install -y fuse3 e2fsprogs mount"


class NoMountError(RuntimeError):
    """FUSE cannot mount here; the message says why."""


class Mounts:
    """The mounts of one lab, one for each storage.

    The kernel keeps pages that a running function has mapped. Were they those of another storage, too, its cold starts
    would find the weights in memory.
    """

    def __init__(self, workspace: Workspace, seaweed: Seaweed) -> None:
        self._workspace = workspace
        self._seaweed = seaweed
        self._made: dict[str, Mount] = {}

    def of(self, storage: str) -> Mount:
        """The mount of a storage."""
        if storage not in self._made:
            self._made[storage] = Mount(self._workspace, self._seaweed, storage)
        return self._made[storage]


class Mount:
    """A read-only mount of the bucket, made when the first bundle is asked for."""

    def __init__(self, workspace: Workspace, seaweed: Seaweed, storage: str) -> None:
        self._workspace = workspace
        self.seaweed = seaweed
        self._mounting: asyncio.Task[asyncio.subprocess.Process] | None = None
        self._storage = storage
        self._log = f"weed-mount-{storage}"
        self._point = workspace.folder(storage)

    async def folder(self, bundle: Bundle) -> Path:
        """The folder of a loaded bundle, once all of it is there. Raises NoMountError."""
        if missing := missing_for_fuse():
            raise NoMountError(missing)
        await self.seaweed.loaded(bundle)
        if self._mounting is None:
            self._mounting = asyncio.create_task(self._mount())
        process = await self._mounting
        folder = self._point / bundle.source_hash
        for _ in range(1_000):
            if process.returncode is not None:
                # Its last message, without glog's level, time and file.
                raise NoMountError(self._workspace.log_tail(self._log, lines=1).split(" ", 3)[-1])
            if await asyncio.to_thread(is_complete, folder, bundle):
                return folder
            await asyncio.sleep(0.01)
        raise LabError(f"the mounted bundle stays incomplete:\n{self._workspace.log_tail(self._log)}")

    async def _mount(self) -> asyncio.subprocess.Process:
        caches = self._workspace.folder(f"{self._storage}-cache")
        command: list[str | Path] = [
            *(weed(), "-logtostderr=true", "mount"),
            *(f"-filer={self.seaweed.filer}", f"-filer.path=/buckets/{BUCKET}"),
            *(f"-dir={self._point}", "-readOnly", "-disableXAttr", f"-localSocket={self._storage}.sock"),
            # The kernel's page cache is the only cache, so that it can be evicted.
            *(f"-cacheDir={caches}", "-cacheCapacityMB=0"),
            f"-allowOthers={str(os.geteuid() == 0).lower()}",
        ]
        if os.geteuid() == 0:  # root's files belong to the function's user, as on an EFS access point
            command += [f"-map.uid={USER}:0", f"-map.gid={GROUP}:0"]
        return await self._workspace.serve(self._log, command)


def is_complete(folder: Path, bundle: Bundle) -> bool:
    """Whether a folder has all files of the bundle, judged by their sizes."""
    try:
        return all((folder / path.name).stat().st_size == path.stat().st_size for path in bundle.files)
    except OSError:
        return False


def missing_for_fuse() -> str:
    """What this machine lacks for a FUSE mount; empty if nothing."""
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "/dev/fuse is missing or not accessible"
    return "" if shutil.which("fusermount3") else f"fusermount3 is missing; {APT_LINE}"
