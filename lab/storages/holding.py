"""Describes where a storage of the lab holds a bundle; holds one in a plain folder where there is nothing better."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from contract.environment import MODEL_DIR
from contract.storages import storage
from lab.host.page_cache import Part
from lab.host.workspace import Workspace
from lab.shape.namespace import Namespace
from lab.shape.shape import UNSHAPED, Shape
from lab.shape.surroundings import MakeAround
from lab.storages.bundle import Bundle
from lab.storages.mount import Mounts
from lab.storages.proxy import Proxy
from lab.storages.seaweed import Seaweed

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Site:
    """What the storages of one lab share. The servers start, and the mount is made, when a storage asks for them.

    In a lab whose network is limited, `servers` is where servers listen at `lab.shape.links.SERVERS` to be reached
    by the environments, through the limits; `shape` says what those of a storage are, and `proxy` has those of S3.
    """

    workspace: Workspace
    seaweed: Seaweed
    mounts: Mounts
    shape: Shape
    servers: Namespace | None
    proxy: Proxy | None

    @classmethod
    def of(cls, workspace: Workspace, shape: Shape = UNSHAPED, servers: Namespace | None = None) -> Site:
        """The site of the lab that lives in a workspace."""
        seaweed = Seaweed(workspace)
        proxy = Proxy(workspace, seaweed, servers, shape.bucket) if servers and shape.bucket else None
        return cls(workspace, seaweed, Mounts(workspace, seaweed), shape, servers, proxy)


@dataclass(frozen=True)
class BuiltImage:
    """A built image that a function runs in: the file that holds its file system, and where that is mounted."""

    file: Path
    root: Path


@dataclass(frozen=True)
class Holding:
    """One place that holds the bundle.

    `environment` tells the function where; `sentence` tells people what it is. The place is warm if `files` are
    in the page cache; it is cold if neither they nor `behind`, the servers' files below them, are. `index` and
    `index_behind` are their parts that belong to the incident index, so that a search function can be made cold
    without the weights. `binds` are host folders by where a function in an image must see them.
    `around` makes what each environment needs for itself, in a lab whose network is limited.
    """

    environment: Mapping[str, str]
    sentence: str
    files: Callable[[], list[Path]]
    behind: Callable[[], list[Path]] = list
    index: Callable[[], list[Path | Part]] = list
    index_behind: Callable[[], list[Path | Part]] = list
    binds: Mapping[str, Path] = field(default_factory=dict)
    around: MakeAround | None = None


class Provider(Protocol):
    """A module of this folder that is called as a storage: `efs`, `s3`, …"""

    async def provide(self, site: Site, bundle: Bundle, label: str, image: BuiltImage | None) -> Holding:
        """Hold a bundle there, for a function that runs in a built image or (None) from the working copy.

        `label` tells the holdings of one workspace apart. Raises LabError.
        """


def provider(name: str) -> Provider:
    """The module of this folder that is called as the storage. Raises ValueError for an unknown one."""
    return cast(Provider, import_module(f"{__package__}.{storage(name).name}"))


async def plain_folder(workspace: Workspace, bundle: Bundle, label: str, why: str) -> Holding:
    """The bundle's files in a plain folder: hard links where possible, else copies.

    Only the first folder of a bundle has links. Two with the same files would share their pages, which the kernel keeps
    while a function of either storage has them mapped: the other's cold starts would find the weights in memory.
    """
    put = shutil.copyfile if any(workspace.root.glob(f"*-plain/{bundle.source_hash}")) else _link_or_copy
    folder = workspace.folder(f"{label}-plain/{bundle.source_hash}")
    for path in bundle.files:
        await asyncio.to_thread(put, path, folder / path.name)
    files = [folder / path.name for path in bundle.files]
    _log.warning("%s falls back to a plain folder: %s", label, why)
    return Holding(
        {MODEL_DIR: str(folder)},
        f"plain folder on this machine's disk ({why})",
        lambda: files,
        index=lambda: index_in(folder, bundle),
    )


def index_in(folder: Path, bundle: Bundle) -> list[Path | Part]:
    """The files of the incident index in a folder that holds the bundle."""
    return [folder / path.name for path in bundle.index_files]


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
