"""Where each backend's function finds the model, and what that place really is."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from contract.environment import MODEL_BUCKET, MODEL_DIR, MODEL_PREFIX, S3_ENDPOINT
from lab.host.errors import LabError
from lab.host.page_cache import Part
from lab.host.workspace import Workspace
from lab.storages.bundle import Bundle
from lab.storages.mount import APT_LINE, Mount, NoMountError, is_complete
from lab.storages.seaweed import BUCKET, Seaweed

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Storage:
    """One place that holds the bundle.

    ``environment`` tells the function where; ``sentence`` tells people what it is. ``files`` must be in the page cache
    for the place to be warm; neither they nor ``behind``, the servers' files below them, may be for it to be cold.
    ``index`` and ``index_behind`` are what belongs to the incident index in them, so that a search function can be
    made cold without the weights.
    """

    environment: Mapping[str, str]
    sentence: str
    files: Callable[[], list[Path]]
    behind: Callable[[], list[Path]] = list
    index: Callable[[], list[Path | Part]] = list
    index_behind: Callable[[], list[Path | Part]] = list


async def object_storage(seaweed: Seaweed, bundle: Bundle) -> Storage:
    """The bundle in the bucket."""
    await seaweed.loaded(bundle)
    return Storage(
        {MODEL_BUCKET: BUCKET, MODEL_PREFIX: bundle.source_hash, S3_ENDPOINT: seaweed.s3_url},
        "SeaweedFS S3 gateway on this machine, over loopback HTTP",
        seaweed.files,
        index=lambda: seaweed.index_parts(bundle),
    )


async def mounted_storage(workspace: Workspace, mount: Mount, bundle: Bundle, label: str = "efs") -> Storage:
    """The bucket as a read-only file system, through FUSE; a plain folder where there is no FUSE.

    ``label`` tells the places of one workspace apart, here and below.
    """
    try:
        folder = await mount.folder(bundle)
    except NoMountError as error:
        return await plain_storage(workspace, bundle, label, f"no FUSE mount: {error}")
    files = [folder / path.name for path in bundle.files]
    return Storage(
        {MODEL_DIR: str(folder)},
        "SeaweedFS mounted read-only through FUSE on this machine, in place of EFS",
        lambda: files,
        behind=mount.seaweed.files,
        index=lambda: _index_in(folder, bundle),
        index_behind=lambda: mount.seaweed.index_parts(bundle),
    )


async def image_storage(workspace: Workspace, bundle: Bundle, label: str = "oci") -> Storage:
    """The bundle in an ext4 image, loop-mounted read-only; a plain folder where that is not permitted."""
    if missing := _missing_for_image():
        return await plain_storage(workspace, bundle, label, f"no loop mount: {missing}")
    image, point = workspace.root / f"{label}.ext4", workspace.folder(label)
    contents = sum(path.stat().st_size for path in bundle.folder.iterdir())
    size_kb = contents * 101 // 100 // 1024 + 8 * 1024  # 1 % and 8 MB for ext4's own tables
    options = ["-q", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-N", "64"]
    await workspace.run("mke2fs", *options, "-d", bundle.folder, image, f"{size_kb}k")
    try:
        await loop_mount(workspace, image, point)
    except LabError as error:
        image.unlink()
        return await plain_storage(workspace, bundle, label, f"no loop mount: {error}")
    files = [point / path.name for path in bundle.files]
    return Storage(
        {MODEL_DIR: str(point)},
        "ext4 image, loop-mounted read-only on this machine, in place of Lambda's flattened container image",
        lambda: files,
        behind=lambda: [image],
        # Nothing behind it: with direct I/O the image's own pages hold no copy, without it nobody knows where in them.
        index=lambda: _index_in(point, bundle),
    )


def baked_storage(image: Path, root: Path, bundle: Bundle) -> Storage:
    """The bundle that a built image, mounted at ``root``, has in its own file system."""
    folder = Path("/opt/model")
    files = [root / folder.relative_to("/") / path.name for path in bundle.files]
    if not is_complete(files[0].parent, bundle):
        raise LabError(f"{folder} in {image} is not the whole bundle: build the image again")
    return Storage(
        {MODEL_DIR: str(folder)},
        "the container image's own file system, flattened to ext4 and loop-mounted read-only on this machine",
        lambda: files,
        behind=lambda: [image],
        index=lambda: _index_in(files[0].parent, bundle),
    )


async def loop_mount(workspace: Workspace, image: Path, point: Path) -> None:
    """Mount a file system image read-only; raises LabError. Its loop device frees itself when it is unmounted."""
    await workspace.run("mount", "-o", "loop,ro", image, point)
    device = Path(f"/sys/dev/block/{os.major(point.stat().st_dev)}:{os.minor(point.stat().st_dev)}").resolve().name
    # Direct I/O: the loop device keeps no second copy of the image in the page cache. Where the file system below
    # has no such thing there is that copy, which is evicted with the image's file.
    with contextlib.suppress(LabError):
        await workspace.run("losetup", "--direct-io=on", f"/dev/{device}")


async def plain_storage(workspace: Workspace, bundle: Bundle, label: str, why: str) -> Storage:
    """The bundle's files in a plain folder: hard links where possible, else copies."""
    folder = workspace.folder(f"{label}-plain/{bundle.source_hash}")
    for path in bundle.files:
        await asyncio.to_thread(_link_or_copy, path, folder / path.name)
    files = [folder / path.name for path in bundle.files]
    _log.warning("%s falls back to a plain folder: %s", label, why)
    return Storage(
        {MODEL_DIR: str(folder)},
        f"plain folder on this machine's disk ({why})",
        lambda: files,
        index=lambda: _index_in(folder, bundle),
    )


def _index_in(folder: Path, bundle: Bundle) -> list[Path | Part]:
    return [folder / path.name for path in bundle.index_files]


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _missing_for_image() -> str:
    tools = [tool for tool in ("mke2fs", "losetup", "mount") if shutil.which(tool) is None]
    if tools:
        return f"{', '.join(tools)} missing; {APT_LINE}"
    return "" if os.geteuid() == 0 else "it needs root"
