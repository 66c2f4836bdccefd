"""``lab up``: the similarity function on its three storages, in one account."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.account import IDLE_S, Account
from lab.bundle import Bundle, read_bundle
from lab.cache import evict, fill
from lab.memory import enforcement
from lab.outputs import BackendOutput, Outputs
from lab.seaweed import Seaweed
from lab.spec import FunctionSpec
from lab.storage import Storage, image_storage, mounted_storage, object_storage
from lab.workspace import Workspace

BACKENDS = ("efs", "s3", "oci")
IMAGES = Path(__file__).resolve().parent.parent / "images"
_POLICIES = {
    "cold": "cold: an update evicts the weights and the storage servers' files; interpreter and packages stay cached",
    "warm": "warm: an update reads the weights into the page cache",
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """What the user chose."""

    bundle: Path = IMAGES / "bundle"
    backends: tuple[str, ...] = BACKENDS
    engine: str = "onnx"
    cache: str = "cold"
    memory_mb: int = 3008
    timeout_s: int = 60
    idle_s: float = IDLE_S


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Outputs]:
    """Bring everything up, give its outputs, and leave nothing behind."""
    bundle = read_bundle(settings.bundle)
    workspace = Workspace()
    try:
        async with Account(workspace, settings.idle_s) as account:
            storages = await _store(workspace, bundle, settings.backends)
            for name, storage in storages.items():
                prepare = _preparation(name, storage, settings.cache)
                await prepare()
                account.deploy(name, _spec(name, storage, settings), prepare)
            default = "s3" if "s3" in storages else settings.backends[0]
            await account.open(default)
            yield _outputs(account, settings, bundle, storages, default, enforcement(workspace.root.name))
    finally:
        workspace.close()


async def _store(workspace: Workspace, bundle: Bundle, backends: tuple[str, ...]) -> dict[str, Storage]:
    """Put the bundle on every backend's storage, all at the same time."""
    seaweed = Seaweed(workspace, bundle)
    makers = {
        "efs": lambda: mounted_storage(workspace, seaweed, bundle),
        "s3": lambda: object_storage(seaweed, bundle),
        "oci": lambda: image_storage(workspace, bundle),
    }
    tasks = {name: asyncio.create_task(makers[name]()) for name in backends}
    try:
        await asyncio.gather(*tasks.values())
    finally:  # if one fails the others must not go on in a folder that is being removed
        for task in tasks.values():
            task.cancel()
        await asyncio.wait(tasks.values())
    return {name: task.result() for name, task in tasks.items()}


def _preparation(name: str, storage: Storage, policy: str) -> Callable[[], Awaitable[None]]:
    """What brings a storage into the state that the cache policy promises for the next cold start."""

    async def prepare() -> None:
        if policy == "cold":
            change = await asyncio.to_thread(evict, [*storage.files(), *storage.behind()])
        else:
            change = await asyncio.to_thread(fill, storage.files())
        level = logging.WARNING if policy == "cold" and change.after else logging.INFO
        _log.log(level, "%s: %d MB were in the page cache, now %d MB", name, change.before >> 20, change.after >> 20)

    return prepare


def _spec(name: str, storage: Storage, settings: Settings) -> FunctionSpec:
    environment = {"STORAGE_BACKEND": name, "ENGINE": settings.engine, **storage.environment}
    return FunctionSpec(
        name=f"model-storage-{name}",
        code=(IMAGES, IMAGES / name),
        environment=environment,
        memory_mb=settings.memory_mb,
        timeout_s=settings.timeout_s,
    )


def _outputs(
    account: Account, settings: Settings, bundle: Bundle, storages: dict[str, Storage], default: str, memory: str
) -> Outputs:
    backends = {
        name: BackendOutput(f"model-storage-{name}", f"/aws/lambda/model-storage-{name}", storage.sentence)
        for name, storage in storages.items()
    }
    return Outputs(
        api_url=account.api_url,
        endpoint_url=account.endpoint_url,
        engine=settings.engine,
        bundle_hash=bundle.source_hash,
        weights=bundle.weights,
        default_backend=default,
        cache_policy=_POLICIES[settings.cache],
        memory_enforcement=memory,
        backends=backends,
    )
