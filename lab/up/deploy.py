"""Deploys the functions of the similarity service to an account: two of every model on every backend."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from contract.engines import ONNX, TRANSFORMERS
from contract.environment import ENGINE, ROUTE_PREFIX, SEARCH, SERVES, STORAGE_BACKEND
from contract.storages import storage
from lab.aws.account import Account
from lab.aws.cold_start import ColdStart
from lab.aws.routes import Backend, Integration, backend_routes, preflight_route
from lab.host.page_cache import Part, evict, fill
from lab.runtime.capacity import Need
from lab.runtime.function_spec import FunctionSpec
from lab.shape.surroundings import Shaped, unshaped
from lab.storages.bundle import Bundle
from lab.storages.holding import Site
from lab.up.model import Model
from lab.up.provision import Provision
from lab.up.settings import Settings

#: A function's need apart from what it reads; a generous guess, because the whole bundle counts as read.
_PROGRAM_MB = {SEARCH: 64, ONNX: 128, TRANSFORMERS: 512}

_log = logging.getLogger(__name__)


async def deploy_model(
    account: Account, model: Model, provided: Mapping[str, Provision], site: Site, settings: Settings
) -> dict[str, Integration]:
    """Deploy a model's functions on all backends, with their storages prepared; return its routes."""
    deployed = {name: await _deploy(account, model, name, given, site, settings) for name, given in provided.items()}
    prefixes = {model.path(): settings.default_backend, **{model.path(name): name for name in deployed}}
    routes: dict[str, Integration] = {}
    for prefix, name in prefixes.items():
        routes.update(backend_routes(prefix, deployed[name]))
        if settings.cors:
            routes.update([preflight_route(prefix, deployed[name])])
    return routes


async def _deploy(
    account: Account, model: Model, name: str, given: Provision, site: Site, settings: Settings
) -> Backend:
    holding = given.holding
    variables = {
        STORAGE_BACKEND: name,
        ROUTE_PREFIX: model.path(name).removeprefix("/"),
        ENGINE: settings.engine,
        **holding.environment,
    }
    surround = Shaped(site.servers, site.shape.network, holding.around) if site.servers else unshaped
    needs = [_need(given.bundle, name, settings.engine, whole=whole) for whole in (True, False)]
    encoder = FunctionSpec(
        model.function(name),
        given.code,
        variables,
        settings.memory_mb,
        settings.timeout_s,
        needs[0],
        surround,
        site.shape.processor,
    )
    search = replace(
        encoder,
        name=model.search_function(name),
        environment={**variables, SERVES: SEARCH},
        memory_mb=given.bundle.search_memory_mb,
        need=needs[1],
    )
    whole = _preparation(encoder.name, settings.cache, holding.files, holding.behind)
    index = _preparation(search.name, settings.cache, holding.index, holding.index_behind)
    await whole()
    await index()
    function = account.deploy(encoder, whole)
    return Backend(function, account.deploy(search, index), ColdStart(function))


def _need(bundle: Bundle, backend: str, engine: str, *, whole: bool) -> Need:
    """What an environment takes: interpreter and packages, what it reads, and of a bucket its copy of that in /tmp."""
    read_mb = -(-(bundle.total_bytes if whole else bundle.index_bytes) // (1 << 20))
    fetches = storage(backend).opened == "bucket"
    return Need(_PROGRAM_MB[engine if whole else SEARCH] + read_mb, read_mb if fetches else 0)


def _preparation(
    name: str,
    policy: str,
    files: Callable[[], Sequence[Path | Part]],
    behind: Callable[[], Sequence[Path | Part]],
) -> Callable[[], Awaitable[None]]:
    """The step that brings a storage into the state that the cache policy promises for the next cold start."""

    async def prepare() -> None:
        if policy == "cold":
            change = await asyncio.to_thread(evict, [*files(), *behind()])
        else:
            change = await asyncio.to_thread(fill, files())
        level = logging.WARNING if policy == "cold" and change.after else logging.INFO
        _log.log(level, "%s: %d MB were in the page cache, now %d MB", name, change.before >> 20, change.after >> 20)

    return prepare
