"""The deployment: two functions per storage backend and model, the same weights, one HTTP API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from contract import outputs
from contract.auth import NONE
from contract.run_modes import SNAPSTART
from stacks.account import Place
from stacks.api import ApiArgs, HttpApi, curl_line
from stacks.backend import Backend, BackendArgs
from stacks.existing_network import AnyNetwork, ExistingNetwork
from stacks.function import LambdaFunction
from stacks.model_store import ModelStore, ModelStoreArgs
from stacks.models import Model
from stacks.monitoring import Monitoring, MonitoringArgs
from stacks.naming import Names
from stacks.network import Network, NetworkArgs
from stacks.page import Page
from stacks.preflight import check
from stacks.settings import Settings
from stacks.storages import BACKENDS

Models = tuple[Model, ...]


def deploy() -> None:
    """Declare everything, and export what a client, such as the benchmark, needs to know."""
    settings = Settings.read(pulumi.Config())
    names = Names(pulumi.get_project(), pulumi.get_stack())
    cleared = check(settings, names, BACKENDS)
    models, opts = cleared.models, pulumi.ResourceOptions(providers=[cleared.provider])
    place = Place(names, settings.region, pulumi.Output.from_input(cleared.account))

    store = model_store(settings, place, models, opts)
    args = BackendArgs(settings, place, models, store, network(settings, place, store, cleared.network, opts))
    backends = {name: BACKENDS[name](name, args, opts) for name in settings.backends}
    # A browser cannot sign a request for a typed address, so the page exists only where nobody has to sign.
    page = Page("page", settings, place, opts) if settings.auth == NONE else None
    api = HttpApi("api", ApiArgs(settings, place, models, backends, page), opts)
    if settings.monitoring:
        functions = watched(models, backends, page)
        files = {name: each.file_system_id for name, each in backends.items() if each.file_system_id is not None}
        Monitoring(
            "monitoring", MonitoringArgs(settings, place, functions, api.id, files, cleared.concurrency_limit), opts
        )
    export(settings, models, backends, api)


def model_store(settings: Settings, place: Place, models: Models, opts: pulumi.ResourceOptions) -> ModelStore | None:
    """Make the model store if a backend needs it."""
    if not any(BACKENDS[name].NEEDS_STORE for name in settings.backends):
        return None
    bundles = [model.bundle for model in models]
    versioned = any(BACKENDS[name].NEEDS_VERSIONS for name in settings.backends)
    args = ModelStoreArgs(place, bundles, settings.model_bucket, settings.model_prefix, settings.kms_key_arn, versioned)
    return ModelStore("model", args, opts)


def network(
    settings: Settings,
    place: Place,
    store: ModelStore | None,
    existing: ExistingNetwork | None,
    opts: pulumi.ResourceOptions,
) -> AnyNetwork | None:
    """Return the existing VPC, or make one if a backend needs it or everything must be inside one."""
    if existing:
        return existing
    if not settings.everything_in_vpc and not any(BACKENDS[name].NEEDS_NETWORK for name in settings.backends):
        return None
    bucket_arn = store.bucket_arn if store else None
    return Network("network", NetworkArgs(place, settings.vpc_cidr, settings.availability_zones, bucket_arn), opts)


def watched(models: Models, backends: Mapping[str, Backend], page: Page | None) -> dict[str, LambdaFunction]:
    """Return the functions that answer requests, by the part of their alarms' names that differs."""
    functions: dict[str, LambdaFunction] = {"page": page} if page else {}
    for name, backend in backends.items():
        for model in models:
            served, part = backend.served[model.name], model.child_of(name)
            functions |= {part: served.encoder, f"{part}-search": served.search}
    return functions


def export(settings: Settings, models: Models, backends: Mapping[str, Backend], api: HttpApi) -> None:
    """Export the outputs that `python -m lab up --json` prints, under the same names, and what is of a stack alone."""
    named = outputs.deployment(
        target="aws",
        api_url=api.url,
        page_url=pulumi.Output.concat(api.url, "/") if settings.auth == NONE else None,
        region=settings.region,
        auth_mode=settings.auth,
        engine=settings.engine,
        architecture=settings.architecture,
        default_backend=settings.default_backend,
        models={model.name: described(settings, model, backends, api) for model in models},
    )
    for name, value in {**named, outputs.PRIMED: settings.prime}.items():
        pulumi.export(name, value)


def described(settings: Settings, model: Model, backends: Mapping[str, Backend], api: HttpApi) -> dict[str, Any]:
    """Return a model's part of the outputs: its bundle, and its functions on every backend."""
    served = {name: backend.served[model.name] for name, backend in backends.items()}
    on_backends = {
        name: outputs.backend(
            function_name=each.encoder.function.name,
            search_function_name=each.search.function.name,
            log_group=each.encoder.log_group,
            storage=each.storage,
            curl=curl(settings, api, model.path(name)),
            mode=backends[name].mode,
            provisioned_mibps=backends[name].provisioned_mibps,
            alias=SNAPSTART.alias if each.encoder.alias else None,
        )
        for name, each in served.items()
    }
    bundle = model.bundle
    return outputs.model(
        bundle_hash=bundle.source_hash,
        bundle_bytes=bundle.total_bytes,
        weights=bundle.weights,
        backends=on_backends,
        **bundle.reduction._asdict(),
    )


def curl(settings: Settings, api: HttpApi, path: str) -> pulumi.Output[str]:
    """Return the command that sends a first request to a model on a backend."""
    return api.url.apply(lambda url: curl_line(settings.auth, settings.region, url, path))


deploy()
