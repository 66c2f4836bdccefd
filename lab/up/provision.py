"""The places of a lab: what each backend's function runs, and where it finds the model."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from contract.environment import MODEL_DIR
from lab.host.workspace import Workspace
from lab.runtime.launch import Code, Image, Source
from lab.storages.bundle import Bundle
from lab.storages.mount import Mount
from lab.storages.seaweed import Seaweed
from lab.storages.storage import Storage, baked_storage, image_storage, mounted_storage, object_storage
from lab.up.built_images import Built
from lab.up.model import Model
from lab.up.settings import IMAGES

#: Where Lambda shows the EFS access point to the function.
EFS_POINT = "/mnt/model"


@dataclass(frozen=True)
class Place:
    """A backend's code and storage, and the bundle in it; ``sentence`` tells people what they are."""

    code: Code
    storage: Storage
    bundle: Bundle
    sentence: str


Places = dict[str, Place]


async def make_places(
    workspace: Workspace, models: Sequence[Model], backends: Sequence[str], built: Built | None
) -> dict[str, Places]:
    """Make the places of every model, by backend, all at the same time: from the built images, or this working copy."""
    seaweed = Seaweed(workspace)
    mount = Mount(workspace, seaweed)

    async def store(model: Model, name: str) -> Storage:
        match name:
            case "efs":
                return await mounted_storage(workspace, mount, model.bundle, model.role(name))
            case "s3":
                return await object_storage(seaweed, model.bundle)
        return await image_storage(workspace, model.bundle, model.role(name))

    async def code_of(name: str) -> Source | Image:
        code = await built.mount(workspace, name) if built else Source((IMAGES, IMAGES / name))
        await asyncio.to_thread(code.warm)
        return code

    async def make(model: Model, name: str, coding: Awaitable[Source | Image]) -> Place:
        code = await coding
        if built is None or isinstance(code, Source):
            storage = await store(model, name)
            return Place(code, storage, model.bundle, storage.sentence)
        if name == "oci":
            storage = baked_storage(built.file(name), code.root, model.bundle)
        else:
            storage = await store(model, name)
        if name == "efs":
            folder = Path(storage.environment[MODEL_DIR])
            code = replace(code, binds={EFS_POINT: folder.parent})
            storage = replace(storage, environment={MODEL_DIR: f"{EFS_POINT}/{folder.name}"})
        return Place(code, storage, model.bundle, f"{storage.sentence}; {built.sentence}")

    codes = {name: asyncio.create_task(code_of(name)) for name in backends}
    wanted = [(model, name) for model in models for name in backends]
    tasks = {(model, name): asyncio.create_task(make(model, name, codes[name])) for model, name in wanted}
    try:
        await asyncio.gather(*tasks.values())
    finally:  # if one fails the others must not go on in a folder that is being removed
        for task in (*tasks.values(), *codes.values()):
            task.cancel()
        await asyncio.wait([*tasks.values(), *codes.values()])
    return {model.name: {name: tasks[model, name].result() for name in backends} for model in models}
