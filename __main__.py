"""The deployment: one function per storage backend, the same weights, one HTTP API."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

from stacks.account import Place
from stacks.api import ApiArgs, HttpApi, curl_line
from stacks.backend import Backend, BackendArgs
from stacks.backends import BACKENDS
from stacks.bundle import Bundle
from stacks.errors import DeploymentError
from stacks.image import CONTEXT
from stacks.model_store import ModelStore, ModelStoreArgs
from stacks.naming import Names
from stacks.network import Network, NetworkArgs
from stacks.settings import Settings

BUNDLE = Path(CONTEXT, "bundle")


def deploy() -> None:
    """Declare everything, and export what a client, such as the benchmark, needs to know."""
    settings = Settings.read(pulumi.Config(), BACKENDS)
    bundle = read_bundle(settings)
    names = Names(pulumi.get_project(), pulumi.get_stack())
    tags = {"Project": names.project, "Stack": names.stack, "ManagedBy": "pulumi"}
    provider = aws.Provider("aws", region=settings.region, default_tags=aws.ProviderDefaultTagsArgs(tags=tags))
    opts = pulumi.ResourceOptions(providers=[provider])
    account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(provider=provider)).account_id
    place = Place(names, settings.region, account)

    store = model_store(settings, place, bundle, opts)
    args = BackendArgs(settings, place, bundle, store, network(settings, place, store, opts))
    backends = {name: BACKENDS[name](name, args, opts) for name in settings.backends}
    api = HttpApi("api", ApiArgs(settings, place, backends), opts)
    export(settings, bundle, backends, api)


def read_bundle(settings: Settings) -> Bundle:
    """Read the bundle's manifest; check the files if any of them is to be uploaded or built into an image.

    Raises DeploymentError for a bundle that is damaged or does not fit the settings.
    """
    bundle = Bundle.read(BUNDLE)
    if problems := [problem for name in settings.backends for problem in BACKENDS[name].problems(settings, bundle)]:
        raise DeploymentError.of(problems)
    uploads = not settings.model_bucket and any(BACKENDS[name].NEEDS_STORE for name in settings.backends)
    if uploads or any(BACKENDS[name].BAKES_BUNDLE for name in settings.backends):
        bundle.check_files()
    return bundle


def model_store(settings: Settings, place: Place, bundle: Bundle, opts: pulumi.ResourceOptions) -> ModelStore | None:
    """Make the model store if a backend needs it."""
    if not any(BACKENDS[name].NEEDS_STORE for name in settings.backends):
        return None
    return ModelStore("model", ModelStoreArgs(place, bundle, settings.model_bucket, settings.model_prefix), opts)


def network(settings: Settings, place: Place, store: ModelStore | None, opts: pulumi.ResourceOptions) -> Network | None:
    """Make the VPC if a backend needs it, or everything is to be in it."""
    if not settings.everything_in_vpc and not any(BACKENDS[name].NEEDS_NETWORK for name in settings.backends):
        return None
    bucket_arn = store.bucket_arn if store else None
    return Network("network", NetworkArgs(place, settings.vpc_cidr, settings.availability_zones, bucket_arn), opts)


def export(settings: Settings, bundle: Bundle, backends: Mapping[str, Backend], api: HttpApi) -> None:
    """Export the outputs that `python -m lab up --json` prints, under the same names."""
    outputs: dict[str, Any] = {
        "target": "aws",
        "apiUrl": api.url,
        "region": settings.region,
        "authMode": settings.auth,
        "engine": settings.engine,
        "architecture": settings.architecture,
        "bundleHash": bundle.source_hash,
        "weights": bundle.weights,
        "defaultBackend": settings.default_backend,
        "backends": {
            name: {
                "functionName": backend.function_name,
                "logGroup": backend.log_group,
                "storage": backend.storage,
                "curl": curl(settings, api, name),
            }
            for name, backend in backends.items()
        },
    }
    for name, value in outputs.items():
        pulumi.export(name, value)


def curl(settings: Settings, api: HttpApi, backend: str) -> pulumi.Output[str]:
    """Return the command that sends a first request to a backend."""
    return api.url.apply(lambda url: curl_line(settings.auth, settings.region, url, backend))


deploy()
