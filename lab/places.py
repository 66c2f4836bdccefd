"""The places of a lab: what each backend's function runs, and where it finds the model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lab.built import Built
from lab.bundle import Bundle
from lab.code import Code, Source
from lab.seaweed import Seaweed
from lab.storage import Storage, baked_storage, image_storage, mounted_storage, object_storage
from lab.workspace import Workspace

REPOSITORY = Path(__file__).resolve().parent.parent
IMAGES = REPOSITORY / "images"
#: Where Lambda shows the EFS access point to the function.
EFS_POINT = "/mnt/model"


@dataclass(frozen=True)
class Place:
    """A backend's code and storage, and the bundle in it; ``sentence`` tells people what they are."""

    code: Code
    storage: Storage
    bundle: Bundle
    sentence: str


async def make_places(
    workspace: Workspace, bundle: Bundle, backends: Sequence[str], built: Built | None
) -> dict[str, Place]:
    """Make every backend's place, all at the same time: from the built images, or else from this working copy."""
    seaweed = Seaweed(workspace)

    async def store(name: str) -> Storage:
        match name:
            case "efs":
                return await mounted_storage(workspace, seaweed, bundle)
            case "s3":
                return await object_storage(seaweed, bundle)
        return await image_storage(workspace, bundle)

    async def make(name: str) -> Place:
        if built is None:
            source, storage = Source((IMAGES, IMAGES / name)), await store(name)
            await asyncio.to_thread(source.warm)
            return Place(source, storage, bundle, storage.sentence)
        image = await built.mount(workspace, name)
        await asyncio.to_thread(image.warm)
        if name == "oci":
            storage = baked_storage(built.file(name), image.root, bundle)
        else:
            storage = await store(name)
        if name == "efs":
            folder = Path(storage.environment["MODEL_DIR"])
            image = replace(image, binds={EFS_POINT: folder.parent})
            storage = replace(storage, environment={"MODEL_DIR": f"{EFS_POINT}/{folder.name}"})
        return Place(image, storage, bundle, f"{storage.sentence}; {built.sentence}")

    tasks = {name: asyncio.create_task(make(name)) for name in backends}
    try:
        await asyncio.gather(*tasks.values())
    finally:  # if one fails the others must not go on in a folder that is being removed
        for task in tasks.values():
            task.cancel()
        await asyncio.wait(tasks.values())
    return {name: task.result() for name, task in tasks.items()}
