"""Backend (b): the weights in S3, fetched into /tmp by every new execution environment."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi

from contract import storages
from contract.environment import MODEL_BUCKET, MODEL_PREFIX
from contract.limits import MAX_SCRATCH_MB
from stacks.backend import Backend, BackendArgs, Serving, required
from stacks.bundle import Bundle
from stacks.settings import Settings

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
            kept = f"fetched into {scratch_mb} MB of /tmp at every cold start"
            self._serve(
                model,
                image,
                f"Amazon S3 (Standard) in {args.place.region}, {kept}",
                Serving(
                    environment={MODEL_BUCKET: store.bucket, MODEL_PREFIX: stored.prefix},
                    grants=stored.read_grant,
                    search_grants=stored.index_grant,
                    scratch_mb=scratch_mb,
                    ready=stored.complete,
                ),
            )
        self._register()

    @classmethod
    def problems(cls, settings: Settings, bundle: Bundle) -> Iterator[str]:
        """Yield the reasons why the weights do not fit into /tmp, and why there are no snapshots yet."""
        if _NAME in settings.snap_start:
            yield (
                f"snapStart names {_NAME!r}: with SnapStart Lambda gives its credentials in another form, which the "
                f"function's client of S3 does not read; take {_NAME} out of snapStart"
            )
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
