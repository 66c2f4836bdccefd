"""Holds a bundle in a container image's file system: a built image's own, or one made here in its place."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from contract.environment import MODEL_DIR
from lab.host.errors import LabError
from lab.host.loop import loop_mount
from lab.shape.block_device import BlockDevice, Chunked
from lab.shape.namespace import Namespace
from lab.shape.surroundings import Around
from lab.storages.bundle import Bundle
from lab.storages.ext4 import make_ext4
from lab.storages.holding import BuiltImage, Holding, Site, index_in, plain_folder
from lab.storages.mount import APT_LINE, is_complete

#: Where an image has the bundle.
POINT = "/opt/model"


async def provide(site: Site, bundle: Bundle, label: str, image: BuiltImage | None) -> Holding:
    """The bundle that the image has in itself; without a built one, in an ext4 file that stands for it."""
    baked = _baked(image, bundle) if image else None
    if site.servers and site.shape.image:
        file = image.file if image else await make_ext4(site.workspace, bundle, label)
        source = await Chunked.of(site.workspace, site.servers, file, label, site.shape.image)
        return _chunked(site, source, inside=image is not None)
    return baked or await _made(site, bundle, label)


async def _made(site: Site, bundle: Bundle, label: str) -> Holding:
    """The bundle in an ext4 image, loop-mounted read-only; a plain folder if that is not permitted."""
    workspace = site.workspace
    if missing := missing_for_image():
        return await plain_folder(workspace, bundle, label, f"no loop mount: {missing}")
    image, point = await make_ext4(workspace, bundle, label), workspace.folder(label)
    try:
        await loop_mount(workspace, image, point)
    except LabError as error:
        image.unlink()
        return await plain_folder(workspace, bundle, label, f"no loop mount: {error}")
    files = [point / path.name for path in bundle.files]
    return Holding(
        {MODEL_DIR: str(point)},
        "ext4 image, loop-mounted read-only on this machine, in place of Lambda's flattened container image",
        lambda: files,
        behind=lambda: [image],
        # Nothing is behind it: with direct I/O the image's own pages hold no copy; without, nobody knows where it is in
        # them.
        index=lambda: index_in(point, bundle),
    )


def _baked(image: BuiltImage, bundle: Bundle) -> Holding:
    """The bundle that a built image has in its own file system. Raises LabError if part of it is missing."""
    folder = Path(POINT)
    files = [image.root / folder.relative_to("/") / path.name for path in bundle.files]
    if not is_complete(files[0].parent, bundle):
        raise LabError(f"{folder} in {image.file} is not the whole bundle: build the image again")
    return Holding(
        {MODEL_DIR: str(folder)},
        "the container image's own file system, flattened to ext4 and loop-mounted read-only on this machine",
        lambda: files,
        behind=lambda: [image.file],
        index=lambda: index_in(files[0].parent, bundle),
    )


def _chunked(site: Site, source: Chunked, *, inside: bool) -> Holding:
    """The image that each environment mounts for itself, so that its page cache is cold, chunk by chunk.

    Of a built image (`inside`), only the bundle's folder is seen through that mount.
    """

    async def around(network: Namespace) -> Around:
        device = await BlockDevice.mount(site.workspace, network.file.name, source, network)
        if inside:
            return Around(binds={POINT: device.folder / POINT.removeprefix("/")}, close=device.close)
        return Around({MODEL_DIR: str(device.folder)}, close=device.close)

    figures = source.figures
    sentence = (
        f"ext4 image on a block device: a chunk of {figures.chunk >> 10} KiB takes {figures.first_ms:g} ms the first "
        f"time, then {figures.later_ms:g} ms for later environments ({source.own_ms:.2g} ms of it are this machine's "
        f"own); at the start {'all are' if figures.cached else 'none is, as after a deployment,'} in the cache"
    )
    return Holding({MODEL_DIR: POINT}, sentence, list, around=around)


def missing_for_image() -> str:
    """What a loop-mounted image lacks on this machine; nothing if it lacks nothing."""
    tools = [tool for tool in ("mke2fs", "losetup", "mount") if shutil.which(tool) is None]
    if tools:
        return f"{', '.join(tools)} missing; {APT_LINE}"
    return "" if os.geteuid() == 0 else "it needs root"
