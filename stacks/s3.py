"""Backend (b): the weights in S3, fetched into /tmp by every new execution environment."""

from __future__ import annotations

import pulumi

from stacks import policies
from stacks.account import policy_json
from stacks.backend import Backend, BackendArgs, Serving, required


class S3Backend(Backend):
    """The similarity function with its weights in S3."""

    NEEDS_STORE = True

    def __init__(self, name: str, args: BackendArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, args, opts)
        store = required(args.store, name, "store")
        scratch_mb = args.settings.ephemeral_storage_mb or args.bundle.scratch_mb
        read = policy_json(
            lambda arn: policies.document(*policies.read_objects(arn, store.prefix)), arn=store.bucket_arn
        )
        self._serve(
            self._image(),
            f"Amazon S3 (Standard) in {args.place.region}, fetched into {scratch_mb} MB of /tmp at every cold start",
            Serving(
                environment={"MODEL_BUCKET": store.bucket, "MODEL_PREFIX": store.prefix},
                # The hash is in the grant's name: the old bundle stays readable until the function uses the new one.
                grants={f"read-{args.bundle.source_hash[:8]}": read},
                scratch_mb=scratch_mb,
                ready=store.complete,
            ),
        )
        self._register()
