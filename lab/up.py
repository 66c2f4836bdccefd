"""``lab up``: the similarity function on its three storages, in one account."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from lab.account import IDLE_S, Account
from lab.built import read_built
from lab.bundle import read_bundle, search_memory_mb
from lab.cache import Part, evict, fill
from lab.memory import enforcement
from lab.outputs import BackendOutput, Outputs
from lab.places import IMAGES, REPOSITORY, Place, make_places
from lab.routes import Backend, backend_routes
from lab.spec import FunctionSpec
from lab.workspace import Workspace

BACKENDS = ("efs", "s3", "oci")
_POLICIES = {
    "cold": "cold: an update evicts the weights and the storage servers' files; interpreter and packages stay cached",
    "warm": "warm: an update reads the weights into the page cache",
}
_SOURCE = "none: every function runs from this working copy, on this machine's Python"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """What the user chose."""

    bundle: Path = IMAGES / "bundle"
    backends: tuple[str, ...] = BACKENDS
    images: str = "source"
    images_dir: Path = REPOSITORY / "build" / "images"
    engine: str = "onnx"
    cache: str = "cold"
    memory_mb: int = 3008
    timeout_s: int = 60
    idle_s: float = IDLE_S


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Outputs]:
    """Bring everything up, give its outputs, and leave nothing behind."""
    bundle = read_bundle(settings.bundle)
    built = None
    if settings.images == "built":
        built = read_built(settings.images_dir, settings.backends, settings.engine, bundle)
    workspace = Workspace()
    try:
        async with Account(workspace, settings.idle_s) as account:
            places = await make_places(workspace, bundle, settings.backends, built)
            default = "s3" if "s3" in places else settings.backends[0]
            deployed = {name: await _deploy(account, name, place, settings) for name, place in places.items()}
            routes = dict(backend_routes("", deployed[default]))
            for name, backend in deployed.items():
                routes.update(backend_routes(f"/{name}", backend))
            await account.open(routes)
            yield Outputs(
                api_url=account.api_url,
                endpoint_url=account.endpoint_url,
                engine=settings.engine,
                bundle_hash=bundle.source_hash,
                weights=bundle.weights,
                default_backend=default,
                images=built.sentence if built else _SOURCE,
                cache_policy=_POLICIES[settings.cache],
                memory_enforcement=enforcement(workspace.root.name),
                backends={name: _output(name, place) for name, place in places.items()},
            )
    finally:
        workspace.close()


async def _deploy(account: Account, name: str, place: Place, settings: Settings) -> Backend:
    """Deploy a backend's encoder function and its search function, with their storage prepared."""
    storage = place.storage
    variables = {"STORAGE_BACKEND": name, "ROUTE_PREFIX": name, "ENGINE": settings.engine, **storage.environment}
    encoder = FunctionSpec(_function_name(name), place.code, variables, settings.memory_mb, settings.timeout_s)
    search = replace(
        encoder,
        name=_function_name(name, "search"),
        environment={**variables, "SERVES": "search"},
        memory_mb=search_memory_mb(place.bundle.index_bytes),
    )
    whole = _preparation(name, settings.cache, storage.files, storage.behind)
    index = _preparation(f"{name} index", settings.cache, storage.index, storage.index_behind)
    await whole()
    await index()
    return Backend(account.deploy(encoder, whole), account.deploy(search, index))


def _preparation(
    name: str,
    policy: str,
    files: Callable[[], Sequence[Path | Part]],
    behind: Callable[[], Sequence[Path | Part]],
) -> Callable[[], Awaitable[None]]:
    """What brings a storage into the state that the cache policy promises for the next cold start."""

    async def prepare() -> None:
        if policy == "cold":
            change = await asyncio.to_thread(evict, [*files(), *behind()])
        else:
            change = await asyncio.to_thread(fill, files())
        level = logging.WARNING if policy == "cold" and change.after else logging.INFO
        _log.log(level, "%s: %d MB were in the page cache, now %d MB", name, change.before >> 20, change.after >> 20)

    return prepare


def _function_name(*parts: str) -> str:
    return "-".join(("model-storage", *parts))


def _output(name: str, place: Place) -> BackendOutput:
    function = _function_name(name)
    return BackendOutput(function, _function_name(name, "search"), f"/aws/lambda/{function}", place.sentence)
