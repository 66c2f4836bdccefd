"""What the storage backends have in common: their arguments, their surface, and the serving function."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import pulumi

from stacks.account import Place
from stacks.bundle import Bundle
from stacks.function import FREE_SCRATCH_MB, ContainerFunction, FunctionArgs, Mount
from stacks.image import Image, ImageArgs
from stacks.model_store import ModelStore
from stacks.network import Network
from stacks.settings import Settings

LONGEST_REQUEST_SECONDS = 30.0
Shared = TypeVar("Shared")


@dataclass(frozen=True)
class BackendArgs:
    """What a backend may build on. `store` and `network` are there if one of the deployed backends needs them."""

    settings: Settings
    place: Place
    bundle: Bundle
    store: ModelStore | None
    network: Network | None


@dataclass(frozen=True)
class Serving:
    """What differs between the serving functions of the backends; sizes in MB."""

    environment: Mapping[str, pulumi.Input[str]]
    grants: Mapping[str, pulumi.Output[str]]
    scratch_mb: int = FREE_SCRATCH_MB
    mount: Mount | None = None
    ready: Sequence[pulumi.Resource] = ()


class Backend(pulumi.ComponentResource):
    """The similarity function with its weights in one kind of storage. A subclass says which, and what it needs."""

    NEEDS_STORE: ClassVar[bool] = False
    NEEDS_NETWORK: ClassVar[bool] = False
    BAKES_BUNDLE: ClassVar[bool] = False

    function_name: pulumi.Output[str]
    invoke_arn: pulumi.Output[str]
    log_group: str
    storage: str
    """One sentence about where the weights are."""

    def __init__(self, name: str, args: BackendArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"model-storage:index:{type(self).__name__}", name, None, opts)
        self._name = name
        self._args = args

    @classmethod
    def problems(cls, settings: Settings, bundle: Bundle) -> Iterator[str]:
        """Yield a sentence with its mend for every setting that does not fit the bundle."""
        yield from ()

    def _image(self, *more_functions: str) -> Image:
        args = self._args
        return Image(
            f"{self._name}-image",
            ImageArgs(
                settings=args.settings,
                place=args.place,
                bundle=args.bundle,
                variant=self._name,
                functions=(args.place.names.function(self._name), *more_functions),
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _serve(self, image: Image, storage: str, serving: Serving) -> ContainerFunction:
        """Make the serving function, and register the surface that all backends share."""
        args, settings = self._args, self._args.settings
        wait = pulumi.ResourceHook(f"{self._name}-requests-end", let_requests_end)
        in_vpc = self.NEEDS_NETWORK or settings.everything_in_vpc
        serve = ContainerFunction(
            f"{self._name}-serve",
            FunctionArgs(
                settings=settings,
                place=args.place,
                function_name=args.place.names.function(self._name),
                description=f"Similar incidents; weights: {self._name}",
                image=image,
                environment={"STORAGE_BACKEND": self._name, "ENGINE": settings.engine, **serving.environment},
                memory_mb=settings.memory_mb,
                timeout_seconds=settings.timeout_seconds,
                scratch_mb=serving.scratch_mb,
                network=required(args.network, self._name, "network") if in_vpc else None,
                mount=serving.mount,
                grants=serving.grants,
                reserved_concurrency=settings.reserved_concurrency,
                ready=serving.ready,
                hooks=pulumi.ResourceHookBinding(after_update=[wait]),
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.function_name = serve.function.name
        self.invoke_arn = serve.function.invoke_arn
        self.log_group = serve.log_group
        self.storage = storage
        return serve

    def _register(self) -> None:
        self.register_outputs(
            {"functionName": self.function_name, "invokeArn": self.invoke_arn, "storage": self.storage}
        )


async def let_requests_end(args: pulumi.ResourceHookArgs) -> None:
    """Wait as long as a request can take after a function has been given another bundle.

    What its old environments are still answering needs the old bundle (from S3 they read rows of it on demand), and
    what depends on the function removes it: the sweep on EFS, and, at the end of the deployment, Pulumi in S3.
    """
    old, new = ((inputs or {}).get("environment") for inputs in (args.old_inputs, args.new_inputs))
    if old is None or old != new:
        await asyncio.sleep(LONGEST_REQUEST_SECONDS)


def required(shared: Shared | None, backend: str, what: str) -> Shared:
    """Return what a backend cannot do without. Raises ValueError if the program did not make it."""
    if shared is None:
        raise ValueError(f"the {backend} backend needs a {what}: pass one in its BackendArgs")
    return shared
