"""Backend (b): the weights in S3, fetched into /tmp by every new execution environment."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi

from stacks.backend import Backend, BackendArgs, Serving, required
from stacks.bundle import Bundle
from stacks.settings import MAX_SCRATCH_MB, Settings


class S3Backend(Backend):
    """The similarity function with its weights in S3."""

    NEEDS_STORE = True

    def __init__(self, name: str, args: BackendArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, opts)
        store = required(args.store, name, "store")
        scratch_mb = args.settings.ephemeral_storage_mb or args.bundle.scratch_mb(args.settings.engine)
        self._serve(
            self._image(),
            f"Amazon S3 (Standard) in {args.place.region}, fetched into {scratch_mb} MB of /tmp at every cold start",
            Serving(
                environment={"MODEL_BUCKET": store.bucket, "MODEL_PREFIX": store.prefix},
                grants=store.read_grant,
                scratch_mb=scratch_mb,
                ready=store.complete,
            ),
        )
        self._register()

    @classmethod
    def problems(cls, settings: Settings, bundle: Bundle) -> Iterator[str]:
        """Yield what keeps the weights from fitting into /tmp."""
        need = bundle.scratch_mb(settings.engine)
        if need > MAX_SCRATCH_MB:
            yield (
                f"the {settings.engine} engine needs {need} MB of /tmp for this bundle, and Lambda offers "
                f"{MAX_SCRATCH_MB}: take a smaller model, or s3 out of backends"
            )
        elif settings.ephemeral_storage_mb and settings.ephemeral_storage_mb < need:
            yield (
                f"ephemeralStorageMb is {settings.ephemeral_storage_mb}, and the {settings.engine} engine needs {need} "
                "for this bundle: set that or more, or 0"
            )
