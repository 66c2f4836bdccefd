"""Brings the similarity function up on its storages, in one account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from contract import route_keys
from contract.names import log_group
from contract.storages import NAMES, storage
from lab.aws import own_page
from lab.aws.account import Account
from lab.aws.page import Page
from lab.aws.routes import Integration
from lab.host.errors import LabError
from lab.host.workspace import Workspace
from lab.runtime.memory import enforcement
from lab.shape.described import described, note_of
from lab.shape.links import servers_namespace
from lab.shape.needs import obstacle
from lab.shape.shape import Shape, shape_named
from lab.shape.surroundings import Shaped
from lab.storages.bundle import read_bundle
from lab.storages.holding import Site
from lab.up import report_page
from lab.up.built_images import Built, read_built
from lab.up.deploy import deploy_model
from lab.up.model import Model
from lab.up.outputs import BackendOutput, ModelOutput, Outputs
from lab.up.provision import Provision, provision
from lab.up.settings import Settings
from page.handler import COLD_START, REPORT, answer

_POLICIES = {
    "cold": "cold: an update evicts the weights and the storage servers' files; interpreter and packages stay cached",
    "warm": "warm: an update reads the weights into the page cache",
}
_MOUNTED = "cold: every environment mounts EFS and the image for itself; an update evicts what the S3 server has"
_SOURCE = "none: every function runs from this working copy, on this machine's Python"


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Outputs]:
    """Bring everything up, yield its outputs, and leave nothing behind."""
    models = [Model("", read_bundle(settings.bundle))]
    models += [Model(name, read_bundle(folder)) for name, folder in settings.models.items()]
    built = _built(settings, models)
    shape = _shape(settings)
    workspace = Workspace()
    try:
        async with Account(workspace, settings.idle_s) as account:
            site = await _site(workspace, shape)
            provided = await provision(site, models, settings.backends, built)
            routes: dict[str, Integration] = dict.fromkeys(route_keys.PAGE, _page(settings, shape))
            routes |= dict.fromkeys(
                own_page.REPORT_KEYS, Page(lambda event, _: report_page.answer(event, settings.reports))
            )
            for model in models:
                routes.update(await deploy_model(account, model, provided[model.name], site, settings))
            await account.open(routes, settings.cors, settings.port)
            yield Outputs(
                api_url=account.api_url,
                endpoint_url=account.endpoint_url,
                credentials=account.credentials,
                engine=settings.engine,
                default_backend=settings.default_backend,
                images=built.sentence if built else _SOURCE,
                cache_policy=_MOUNTED if shape.image else _POLICIES[settings.cache],
                memory_enforcement=enforcement(workspace.root.name),
                capacity=account.capacity.sentence,
                shape=described(shape),
                models=[_output(model, provided[model.name]) for model in models],
            )
    finally:
        workspace.close()


def _built(settings: Settings, models: Sequence[Model]) -> Built | None:
    """The built images, if the functions are to run in them; raises LabError if they cannot."""
    if settings.images != "built":
        return None
    baked = [name for name in settings.backends if storage(name).baked]
    if len(models) > 1 and baked:
        others = ",".join(name for name in NAMES if not storage(name).baked)
        raise LabError(
            f"a built {baked[0]} image holds one model: leave out --model, or use --images source, "
            f"or --backends {others}"
        )
    return read_built(settings.images_dir, settings.backends, settings.engine, models[0].bundle)


def _shape(settings: Settings) -> Shape:
    """The shape of the lab; raises LabError if this machine cannot make it."""
    shape = shape_named(
        settings.shape, fast_file_system=settings.efs_mode == "fast", cached_chunks=settings.chunks == "cached"
    )
    if why := obstacle(shape):
        raise LabError(f"no --shape {shape.name} here: {why}")
    if shape.image and settings.cache != "cold":
        raise LabError(f"no --cache {settings.cache} with --shape {shape.name}: each environment has mounts of its own")
    return shape


async def _site(workspace: Workspace, shape: Shape) -> Site:
    """What the storages share: with a limited network, also a place for the servers that it leads to.

    Raises LabError if the kernel refuses such a network.
    """
    if shape.network is None:
        return Site.of(workspace, shape)
    try:
        servers = await servers_namespace(workspace)
        trial = await Shaped(servers, shape.network, None)(workspace)
    except LabError as error:
        raise LabError(f"no --shape {shape.name} here: {error}") from error
    await trial.close()
    return Site.of(workspace, shape, servers)


def _page(settings: Settings, shape: Shape) -> Page:
    """The page, with the names of the deployed backends; it says what the lab is shaped like."""

    def answered(event: Mapping[str, Any], _: object) -> dict[str, Any]:
        offers = (COLD_START, *((REPORT,) if report_page.newest(settings.reports) else ()))
        return answer(event, ",".join(settings.backends), note_of(shape), offers)

    return Page(answered)


def _output(model: Model, provided: Mapping[str, Provision]) -> ModelOutput:
    backends = {
        name: BackendOutput(
            path=model.path(name),
            function_name=model.function(name),
            search_function_name=model.search_function(name),
            log_group=log_group(model.function(name)),
            storage=given.sentence,
        )
        for name, given in provided.items()
    }
    bundle = model.bundle
    return ModelOutput(model.name, bundle.source_hash, bundle.total_bytes, bundle.weights, backends, bundle.reduction)
