"""The base of the storage backends: their arguments, their surface, and the functions that answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar

import pulumi

from contract.environment import ENGINE, ROUTE_PREFIX, SEARCH, SERVES, STORAGE_BACKEND
from contract.limits import API_TIMEOUT_S, MIN_SCRATCH_MB
from contract.storages import storage
from stacks.account import Place
from stacks.bundle import Bundle
from stacks.existing_network import AnyNetwork
from stacks.function import ContainerFunction, FunctionArgs, Mount
from stacks.image import Image, ImageArgs
from stacks.model_store import ModelStore
from stacks.models import Model
from stacks.priming import Priming
from stacks.settings import Settings

Shared = TypeVar("Shared")
Grants = Mapping[str, pulumi.Output[str]]
_PRIMING_TEXT = "A delivery robot ran over a dog on the pavement"


@dataclass(frozen=True)
class BackendArgs:
    """What a backend may build on. `store` and `network` exist if one of the deployed backends needs them."""

    settings: Settings
    place: Place
    models: tuple[Model, ...]
    store: ModelStore | None
    network: AnyNetwork | None


@dataclass(frozen=True)
class Serving:
    """What differs between the backends' functions for a model; sizes in MB.

    `grants` are for the function that encodes, `search_grants` for the one that only reads the index.
    """

    environment: Mapping[str, pulumi.Input[str]]
    grants: Grants
    search_grants: Grants
    scratch_mb: int = MIN_SCRATCH_MB
    mount: Mount | None = None
    ready: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True)
class Served:
    """One model on one storage: the function that has all of it, the one that has its index, and the place of both."""

    encoder: ContainerFunction
    search: ContainerFunction
    storage: str

    @property
    def functions(self) -> tuple[ContainerFunction, ContainerFunction]:
        """Both functions."""
        return self.encoder, self.search


class Backend(pulumi.ComponentResource):
    """The similarity functions with their weights in one kind of storage. A subclass says which, and its needs."""

    NEEDS_STORE: ClassVar[bool] = False
    NEEDS_NETWORK: ClassVar[bool] = False
    NEEDS_VERSIONS: ClassVar[bool] = False  # of the objects in the store

    served: dict[str, Served]
    """The deployed models, by name."""
    file_system_id: pulumi.Output[str] | None = None
    """The file system's, if the weights are on one."""
    mode: str | None = None
    """What the storage is deployed in, if there is a choice; it decides what AWS charges."""
    provisioned_mibps: int = 0

    def __init__(self, name: str, args: BackendArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"model-storage:index:{type(self).__name__}", name, None, opts)
        self._name = name
        self._args = args
        self._requests_end = pulumi.ResourceHook(f"{name}-requests-end", let_requests_end)
        self.served = {}

    @classmethod
    def problems(cls, settings: Settings, bundle: Bundle) -> Iterator[str]:
        """Yield a sentence with its remedy for every setting that does not fit a bundle."""
        yield from ()

    def _image(self, models: Sequence[Model], *more_functions: str) -> Image:
        """Build the image for these models' functions; an image with a bundle inside is for one model only."""
        first, names = models[0], self._args.place.names
        serving = [names.function(role) for model in models for role in self._roles(model)]
        args = ImageArgs(self._args.settings, self._args.place, self._name, (*serving, *more_functions))
        if storage(self._name).baked:
            args = replace(args, bundle=first.bundle.directory.name)
        return Image(f"{first.child_of(self._name)}-image", args, pulumi.ResourceOptions(parent=self))

    def _roles(self, model: Model) -> tuple[str, str]:
        return model.role(self._name), model.search_role(self._name)

    def _serve(self, model: Model, image: Image, where: str, serving: Serving) -> None:
        """Make the two functions of a model; the one that searches is like the other, without what it does not need."""
        args, settings, names = self._args, self._args.settings, self._args.place.names
        prefix, opts = model.child_of(self._name), pulumi.ResourceOptions(parent=self)
        encoder, search = self._roles(model)
        variables = {STORAGE_BACKEND: self._name, ENGINE: settings.engine, **serving.environment}
        if model.name:
            variables[ROUTE_PREFIX] = model.path(self._name)[1:]
        in_vpc = self.NEEDS_NETWORK or settings.everything_in_vpc
        encodes = FunctionArgs(
            settings=settings,
            place=args.place,
            function_name=names.function(encoder),
            description=f"Similar incidents; weights: {encoder}",
            environment=variables,
            memory_mb=settings.memory_mb,
            timeout_seconds=settings.timeout_seconds,
            scratch_mb=serving.scratch_mb,
            network=required(args.network, self._name, "network") if in_vpc else None,
            mount=serving.mount,
            grants=serving.grants,
            reserved_concurrency=settings.reserved_concurrency,
            snapshots=self._name in settings.snap_start,
            ready=serving.ready,
            hooks=self._hooks(f"{prefix}-serve", names.function(encoder), {"text": _PRIMING_TEXT}),
        )
        searches = replace(
            encodes,
            function_name=names.function(search),
            description=f"Incidents similar to an embedding; index: {encoder}",
            environment={**variables, SERVES: SEARCH},
            memory_mb=model.bundle.search_memory_mb,
            scratch_mb=MIN_SCRATCH_MB,
            snapshots=False,
            grants=serving.search_grants,
            hooks=self._hooks(f"{prefix}-search", names.function(search), {"embed": [1.0] * model.bundle.hidden}),
        )
        self.served[model.name] = Served(
            ContainerFunction(f"{prefix}-serve", encodes, image, opts=opts),
            ContainerFunction(f"{prefix}-search", searches, image, opts=opts),
            where,
        )

    def _hooks(self, name: str, function_name: str, event: Mapping[str, Any]) -> pulumi.ResourceHookBinding:
        """Prime the function where it has a new image, and let the requests of the old one end."""
        settings = self._args.settings
        priming = [Priming(function_name, settings.region, event).hook(f"{name}-prime")] if settings.prime else []
        return pulumi.ResourceHookBinding(after_create=[*priming], after_update=[*priming, self._requests_end])

    def _register(self) -> None:
        names = {name: served.encoder.function.name for name, served in self.served.items()}
        self.register_outputs({"functionName": names[""], "functionNames": names})


async def let_requests_end(args: pulumi.ResourceHookArgs) -> None:
    """Wait as long as a request can take after a function has switched to another bundle.

    Its old environments still need the old bundle for the requests that they are answering (from S3 they read rows of
    it on demand), and what depends on the function removes it: the sweep on EFS and, at the end of the deployment,
    Pulumi in S3.
    """
    old, new = ((inputs or {}).get("environment") for inputs in (args.old_inputs, args.new_inputs))
    if old is None or old != new:
        await asyncio.sleep(API_TIMEOUT_S)


def required(shared: Shared | None, backend: str, what: str) -> Shared:
    """Return something that a backend requires. Raises ValueError if the program did not make it."""
    if shared is None:
        raise ValueError(f"the {backend} backend needs a {what}: pass one in its BackendArgs")
    return shared
