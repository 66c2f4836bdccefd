"""Provides what each function of a lab runs and where it finds the model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from contract.checkout import IMAGES
from lab.host.workspace import Workspace
from lab.runtime.launch import Code, Image, Source
from lab.storages.bundle import Bundle
from lab.storages.holding import BuiltImage, Holding, Site, provider
from lab.up.built_images import Built
from lab.up.model import Model


@dataclass(frozen=True)
class Provision:
    """A backend's code, and the bundle that its storage holds; `sentence` describes them for people."""

    code: Code
    holding: Holding
    bundle: Bundle
    sentence: str


Provisions = dict[str, Provision]


async def provision(
    site: Site, models: Sequence[Model], backends: Sequence[str], built: Built | None
) -> dict[str, Provisions]:
    """Provide for every model on every backend, all at the same time, from the built images or this working copy."""
    codes = {name: asyncio.create_task(_code(site.workspace, name, built)) for name in backends}
    provided = {
        (model, name): asyncio.create_task(_provide(site, model, name, codes[name], built))
        for model in models
        for name in backends
    }
    tasks = [*codes.values(), *provided.values()]
    try:
        await asyncio.gather(*provided.values())
    finally:  # if one fails, the others must not continue in a folder that is being removed
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    return {model.name: {name: provided[model, name].result() for name in backends} for model in models}


async def _code(workspace: Workspace, name: str, built: Built | None) -> Source | Image:
    """What the functions on a storage run, whatever their model."""
    code = await built.mount(workspace, name) if built else Source((IMAGES, IMAGES / name))
    await asyncio.to_thread(code.warm)
    return code


async def _provide(
    site: Site, model: Model, name: str, coding: asyncio.Task[Source | Image], built: Built | None
) -> Provision:
    code, label = await coding, model.role(name)
    if built is None or isinstance(code, Source):
        holding = await provider(name).provide(site, model.bundle, label, None)
        return Provision(code, holding, model.bundle, holding.sentence)
    holding = await provider(name).provide(site, model.bundle, label, BuiltImage(built.file(name), code.root))
    sentence = f"{holding.sentence}; {built.sentence}"
    return Provision(replace(code, binds=holding.binds), holding, model.bundle, sentence)
