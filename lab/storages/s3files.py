"""Holds a bundle in a bucket that is mounted through FUSE, in place of S3 Files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from contract.environment import MODEL_DIR
from lab.host.errors import LabError
from lab.storages.bundle import Bundle
from lab.storages.holding import BuiltImage, Holding, Site, index_in, plain_folder
from lab.storages.mount import NoMountError

#: Where the function sees the access point.
POINT = "/mnt/model"


async def provide(site: Site, bundle: Bundle, label: str, image: BuiltImage | None) -> Holding:
    """The bundle in the mounted bucket, whose objects the S3 gateway serves, too; a plain folder without FUSE.

    Raises LabError in a lab with limits: nobody has published how fast S3 Files is on Lambda.
    """
    if site.servers:
        raise LabError(
            f"no published figures say how fast {label} is on Lambda: take it out of --backends, or use --shape none"
        )
    try:
        folder = await site.mount.folder(bundle)
    except NoMountError as error:
        return await plain_folder(site.workspace, bundle, label, f"no FUSE mount: {error}")
    held = _mounted(site, bundle, folder)
    if image is None:
        return held
    return replace(held, environment={MODEL_DIR: f"{POINT}/{folder.name}"}, binds={POINT: folder.parent})


def _mounted(site: Site, bundle: Bundle, folder: Path) -> Holding:
    """The objects of the bucket as files. Small reads have no storage of their own here, as they have on AWS."""
    files = [folder / path.name for path in bundle.files]
    return Holding(
        {MODEL_DIR: str(folder)},
        "bucket of the SeaweedFS S3 gateway, mounted read-only through FUSE on this machine, in place of S3 Files",
        lambda: files,
        behind=site.seaweed.files,
        index=lambda: index_in(folder, bundle),
        index_behind=lambda: site.seaweed.index_parts(bundle),
    )
