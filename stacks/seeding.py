"""Runs the seeder: it puts bundles on the file system before functions use them, and removes them afterwards.

Bundles are in directories named after their hash. A deployment with a new bundle
1. runs the seeder, which puts the new one beside the old and removes nothing, since the old one is in use,
2. updates the serving functions, whose new environments read the new directory,
3. waits until the old environments have finished their requests (stacks.backend),
4. runs the seeder again, which finds the new bundle whole and removes every other but those of the other models.
A deployment that fails at any step leaves the serving functions with a whole bundle.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from contract.bundle import write_files
from stacks.bundle import Bundle
from stacks.model_store import ModelStore
from stacks.models import Model

_RETRIES = 20
_RETRY_SECONDS = 15.0
# Lambda's errors for a function that will work in a moment. For about 90 s after a mount target is made its name may
# not resolve; and a function that nobody has called for weeks, which is usual for the seeder, is Inactive: the first
# call fails and reactivates it, which takes minutes.
_NOT_READY = re.compile(
    r"EFSMount\w+Exception|EFSIOException|ENINotReadyException|ResourceNotReadyException"
    r"|CodeArtifactUserPendingException|(?s:ResourceConflictException.*\bstate: Pending)"
)


class Seeding:
    """The runs of one file system's seeder, as children of `parent` under names that begin with `name`."""

    def __init__(
        self,
        parent: pulumi.ComponentResource,
        name: str,
        store: ModelStore,
        seeder: aws.lambda_.Function,
        files: aws.efs.FileSystem,
    ) -> None:
        self._parent, self._name, self._store, self._seeder, self._files = parent, name, store, seeder, files
        self._retry = pulumi.ErrorHook(f"{name}-ready", retry_until_ready)

    def seed(self, model: Model, mountable: Sequence[pulumi.Resource]) -> aws.lambda_.Invocation:
        """Put a model's bundle in place, if it or the file system has changed since the last time."""
        return self._run(f"{model.child_of(self._name)}-seed", model.bundle, [model.bundle], {}, mountable)

    def sweep(self, models: Sequence[Model], functions: Sequence[pulumi.Resource]) -> None:
        """Remove everything that none of the models needs, once all functions use their new bundles."""
        first, *others = [model.bundle for model in models]
        keep = {"keep": [bundle.source_hash for bundle in others]}
        self._run(f"{self._name}-sweep", first, [first, *others], keep, functions)

    def _run(
        self,
        name: str,
        bundle: Bundle,
        bundles: Sequence[Bundle],
        more: dict[str, Any],
        after: Sequence[pulumi.Resource],
    ) -> aws.lambda_.Invocation:
        """Invoke the seeder for `bundle`, and again when one of `bundles` or the file system has changed."""
        hashes = "+".join(each.source_hash for each in bundles)
        uploaded = [last for each in bundles for last in self._store.holding(each).complete]
        return aws.lambda_.Invocation(
            name,
            function_name=self._seeder.name,
            input=seed_event(self._store, bundle, more),
            triggers={"bundle": hashes, "fileSystem": self._files.id},
            opts=pulumi.ResourceOptions(
                parent=self._parent,
                depends_on=[*after, *uploaded],
                hooks=pulumi.ResourceHookBinding(on_error=[self._retry]),
            ),
        )


def seed_event(store: ModelStore, bundle: Bundle, more: dict[str, Any]) -> pulumi.Output[str]:
    """Return the seeder's event. With `keep`, a list of hashes, it removes all bundles but those and its own."""
    prefix, directory, files = store.holding(bundle).prefix, bundle.source_hash, write_files(bundle.files)
    return store.bucket.apply(
        lambda bucket: json.dumps({"bucket": bucket, "prefix": prefix, "directory": directory, "files": files, **more})
    )


async def retry_until_ready(args: pulumi.ErrorHookArgs) -> bool:
    """Retry an invocation that Lambda could not begin, for five minutes. The user sees any other failure."""
    not_ready = bool(args.errors) and _NOT_READY.search(args.errors[0])
    if not not_ready or len(args.errors) > _RETRIES:
        return False
    await asyncio.sleep(_RETRY_SECONDS)
    return True
