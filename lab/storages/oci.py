"""Holds a bundle in a container image's file system: a built image's own, or one made here in its place."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from contract.environment import MODEL_DIR
from lab.host.errors import LabError
from lab.storages.bundle import Bundle
from lab.storages.holding import BuiltImage, Holding, Site, index_in, plain_folder
from lab.storages.loop import loop_mount
from lab.storages.mount import APT_LINE, is_complete


async def provide(site: Site, bundle: Bundle, label: str, image: BuiltImage | None) -> Holding:
    """The bundle that the image has in itself; without a built one, in an ext4 file that stands for it."""
    return _baked(image, bundle) if image else await _made(site, bundle, label)


async def _made(site: Site, bundle: Bundle, label: str) -> Holding:
    """The bundle in an ext4 image, loop-mounted read-only; a plain folder if that is not permitted."""
    workspace = site.workspace
    if missing := missing_for_image():
        return await plain_folder(workspace, bundle, label, f"no loop mount: {missing}")
    image, point = workspace.root / f"{label}.ext4", workspace.folder(label)
    contents = sum(path.stat().st_size for path in bundle.folder.iterdir())
    size_kb = contents * 101 // 100 // 1024 + 8 * 1024  # 1 % and 8 MB for ext4's own tables
    options = ["-q", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-N", "64"]
    await workspace.run("mke2fs", *options, "-d", bundle.folder, image, f"{size_kb}k")
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
    folder = Path("/opt/model")
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


def missing_for_image() -> str:
    """What a loop-mounted image lacks on this machine; nothing if it lacks nothing."""
    tools = [tool for tool in ("mke2fs", "losetup", "mount") if shutil.which(tool) is None]
    if tools:
        return f"{', '.join(tools)} missing; {APT_LINE}"
    return "" if os.geteuid() == 0 else "it needs root"
