"""Backend (b): the weights in S3, fetched into /tmp, or for snapshots into memory, by every new environment."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi

from contract import storages
from contract.environment import FETCH_INTO_MEMORY, MODEL_BUCKET, MODEL_PREFIX
from contract.limits import MAX_MEMORY_MB, MAX_SCRATCH_MB, MIN_SCRATCH_MB
from stacks.backend import Backend, BackendArgs, Serving, required
from stacks.bundle import MIB, Bundle
from stacks.settings import MIN_MEMORY_MB, Settings

_NAME = storages.S3.name


class S3Backend(Backend):
    """The similarity functions with their weights in S3."""

    NEEDS_STORE = True

    def __init__(self, name: str, args: BackendArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, opts)
        store = required(args.store, name, "store")
        image = self._image(args.models)
        for model in args.models:
            stored = store.holding(model.bundle)
            scratch_mb = args.settings.ephemeral_storage_mb or model.bundle.scratch_mb(args.settings.engine)
            kept, how = f"{scratch_mb} MB of /tmp", {}
            if _NAME in args.settings.snap_start:
                scratch_mb, kept, how = MIN_SCRATCH_MB, "memory", {FETCH_INTO_MEMORY: "1"}
            self._serve(
                model,
                image,
                f"Amazon S3 (Standard) in {args.place.region}, fetched into {kept} at every cold start",
                Serving(
                    environment={MODEL_BUCKET: store.bucket, MODEL_PREFIX: stored.prefix, **how},
                    grants=stored.read_grant,
                    search_grants=stored.index_grant,
                    scratch_mb=scratch_mb,
                    ready=stored.complete,
                ),
            )
        self._register()

    @classmethod
    def problems(cls, settings: Settings, bundle: Bundle) -> Iterator[str]:
        """Yield the reasons why the weights do not fit into /tmp, or into memory where there are snapshots."""
        yield from (_memory_problems if _NAME in settings.snap_start else _scratch_problems)(settings, bundle)


def _memory_problems(settings: Settings, bundle: Bundle) -> Iterator[str]:
    """SnapStart leaves 512 MB of /tmp, so the weights are in memory, beside what the engine needs in any case."""
    if settings.ephemeral_storage_mb > MIN_SCRATCH_MB:
        yield (
            f"ephemeralStorageMb is {settings.ephemeral_storage_mb}, and snapStart names {_NAME!r}, for which Lambda "
            f"allows {MIN_SCRATCH_MB}: set {MIN_SCRATCH_MB} or 0, or take {_NAME} out of snapStart"
        )
    weights_mb = -(-bundle.fetched_bytes(settings.engine) // MIB)
    need = MIN_MEMORY_MB[settings.engine] + weights_mb
    if settings.memory_mb < need:
        more = "set that or more, or " if need <= MAX_MEMORY_MB else f"Lambda offers {MAX_MEMORY_MB}; "
        yield (
            f"memoryMb is {settings.memory_mb}, and snapStart names {_NAME!r}, so the {settings.engine} engine needs "
            f"{need} MB with the {weights_mb} MB of {bundle.directory} in memory: {more}take {_NAME} "
            "out of snapStart"
        )


def _scratch_problems(settings: Settings, bundle: Bundle) -> Iterator[str]:
    need = bundle.scratch_mb(settings.engine)
    what = f"the {settings.engine} engine needs {need} MB"
    if need > MAX_SCRATCH_MB:
        yield (
            f"{what} of /tmp for {bundle.directory}, and Lambda offers "
            f"{MAX_SCRATCH_MB}: take a smaller model, or s3 out of backends"
        )
    elif settings.ephemeral_storage_mb and settings.ephemeral_storage_mb < need:
        yield (
            f"ephemeralStorageMb is {settings.ephemeral_storage_mb}, and {what} "
            f"for {bundle.directory}: set that or more, or 0"
        )


COMPONENT = S3Backend
