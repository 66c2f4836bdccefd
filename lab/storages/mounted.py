"""Holds a bundle in the mounted bucket, for the storages that are a mounted file system on AWS."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from contract.environment import MODEL_DIR
from lab.storages.bundle import Bundle
from lab.storages.holding import BuiltImage, Holding, Site, index_in, plain_folder
from lab.storages.mount import NoMountError

#: Where the function sees the access point.
POINT = "/mnt/model"


async def mounted(
    site: Site, storage: str, bundle: Bundle, label: str, image: BuiltImage | None, sentence: str
) -> Holding:
    """The bundle in the bucket that is mounted for a storage, whose objects are its files; a plain folder without FUSE.

    A function in an image sees it where Lambda mounts the access point. `sentence` tells people what it stands for.
    """
    try:
        folder = await site.mounts.of(storage).folder(bundle)
    except NoMountError as error:
        held = await plain_folder(site.workspace, bundle, label, f"no FUSE mount: {error}")
    else:
        files = [folder / path.name for path in bundle.files]
        held = Holding(
            {MODEL_DIR: str(folder)},
            sentence,
            lambda: files,
            behind=site.seaweed.files,
            index=lambda: index_in(folder, bundle),
            index_behind=lambda: site.seaweed.index_parts(bundle),
        )
    if image is None:
        return held
    kept = Path(held.environment[MODEL_DIR])
    return replace(held, environment={MODEL_DIR: f"{POINT}/{kept.name}"}, binds={POINT: kept.parent})
