"""Holds a bundle in a read-only file system that is mounted through FUSE, in place of EFS."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from contract.environment import MODEL_DIR
from lab.storages.bundle import Bundle
from lab.storages.holding import BuiltImage, Holding, Site, index_in, plain_folder
from lab.storages.mount import NoMountError

#: Where the function sees the EFS access point.
POINT = "/mnt/model"


async def provide(site: Site, bundle: Bundle, label: str, image: BuiltImage | None) -> Holding:
    """The bundle in the mounted bucket, which a function in an image sees where Lambda mounts the access point."""
    held = await _mounted(site, bundle, label)
    if image is None:
        return held
    folder = Path(held.environment[MODEL_DIR])
    return replace(held, environment={MODEL_DIR: f"{POINT}/{folder.name}"}, binds={POINT: folder.parent})


async def _mounted(site: Site, bundle: Bundle, label: str) -> Holding:
    """The bucket as a file system; a plain folder without FUSE."""
    try:
        folder = await site.mount.folder(bundle)
    except NoMountError as error:
        return await plain_folder(site.workspace, bundle, label, f"no FUSE mount: {error}")
    files = [folder / path.name for path in bundle.files]
    return Holding(
        {MODEL_DIR: str(folder)},
        "SeaweedFS mounted read-only through FUSE on this machine, in place of EFS",
        lambda: files,
        behind=site.seaweed.files,
        index=lambda: index_in(folder, bundle),
        index_behind=lambda: site.seaweed.index_parts(bundle),
    )
