"""Builds the outputs of a deployment: `pulumi stack output --json` and `python -m lab up --json` give the same names.

Values may be what Pulumi knows only later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contract import precisions

TARGET = "target"  # aws or lab
API_URL = "apiUrl"
PAGE_URL = "pageUrl"
REGION = "region"
AUTH_MODE = "authMode"
ENGINE = "engine"
ARCHITECTURE = "architecture"
DEFAULT_BACKEND = "defaultBackend"
MODELS = "models"  # all but the first, by name; what follows is of one model, and of the first beside the above

BUNDLE_HASH = "bundleHash"
WEIGHTS = "weights"
BUNDLE_BYTES = "bundleBytes"  # what all its files take
PRECISION = "precision"  # of the weights, unless fp32
ORIGIN = "origin"  # the model in fp32: the same for all precisions of one model
AGREEMENT = "agreement"  # with fp32, as the build measured it
BACKENDS = "backends"  # by name; what follows is of one backend

FUNCTION_NAME = "functionName"
SEARCH_FUNCTION_NAME = "searchFunctionName"
LOG_GROUP = "logGroup"
STORAGE = "storage"  # one honest sentence about where the weights are
CURL = "curl"  # a first request, for a shell
MODE = "mode"  # of the storage, which decides what it costs
PROVISIONED_MIBPS = "provisionedMibps"
ALIAS = "snapshotAlias"  # of versions with a snapshot, if the function has any (contract.run_modes)

# Of a function that is not this project's, in place of the search function and curl (docs/any-function.md).
PATH = "path"
WITNESSES = "witnesses"
ENVIRONMENT_ID, INVOCATION, NONCE, LOG_LINE = "environment", "invocation", "nonce", "log line"
ALL_WITNESSES = (ENVIRONMENT_ID, INVOCATION, NONCE, LOG_LINE)

# Of a stack alone.
PRIMED = "primed"  # whether functions with a new image are invoked before anybody else asks them

# Of a lab alone.
ENDPOINT_URL = "endpointUrl"
ACCESS_KEY_ID = "accessKeyId"
SECRET_ACCESS_KEY = "secretAccessKey"  # noqa: S105 - the name of an output
IMAGES = "images"
CACHE_POLICY = "cachePolicy"
MEMORY_ENFORCEMENT = "memoryEnforcement"
CAPACITY = "capacity"
SHAPE = "shape"  # made by `shape`


def deployment(
    *,
    target: str,
    api_url: Any,
    page_url: Any | None,
    region: str,
    auth_mode: str,
    engine: str,
    architecture: str,
    default_backend: str,
    models: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """All outputs that labs and stacks have; `models` are made by `model`, by name, the first with the empty one.

    `page_url` is None where there is no page.
    """
    (_, first), *others = models.items()
    return {
        TARGET: target,
        API_URL: api_url,
        **({} if page_url is None else {PAGE_URL: page_url}),
        REGION: region,
        AUTH_MODE: auth_mode,
        ENGINE: engine,
        ARCHITECTURE: architecture,
        DEFAULT_BACKEND: default_backend,
        **first,
        **({MODELS: dict(others)} if others else {}),
    }


def model(
    *,
    bundle_hash: str,
    bundle_bytes: int,
    weights: str,
    backends: Mapping[str, Mapping[str, Any]],
    origin: str = "",
    precision: str = precisions.FP32,
    agreement: precisions.Agreement | None = None,
) -> dict[str, Any]:
    """What the outputs say of a model; `backends` are made by `backend`, by name."""
    return {
        BUNDLE_HASH: bundle_hash,
        BUNDLE_BYTES: bundle_bytes,
        WEIGHTS: weights,
        **({PRECISION: precision} if precision != precisions.FP32 else {}),
        **({ORIGIN: origin} if origin else {}),
        **({AGREEMENT: agreement._asdict()} if agreement else {}),
        BACKENDS: dict(backends),
    }


def backend(
    *,
    function_name: Any,
    search_function_name: Any,
    log_group: Any,
    storage: str,
    curl: Any,
    mode: str | None = None,
    provisioned_mibps: int = 0,
    alias: str | None = None,
) -> dict[str, Any]:
    """What the outputs say of a model's two functions on a backend; a lab's storages have no `mode`, and no `alias`."""
    return {
        FUNCTION_NAME: function_name,
        SEARCH_FUNCTION_NAME: search_function_name,
        LOG_GROUP: log_group,
        STORAGE: storage,
        CURL: curl,
        **({} if mode is None else {MODE: mode}),
        **({PROVISIONED_MIBPS: provisioned_mibps} if provisioned_mibps else {}),
        **({} if alias is None else {ALIAS: alias}),
    }


def shape(
    *,
    name: str,
    limited: Mapping[str, str],
    unlimited: Mapping[str, str],
    reachable: int | None,
    date: str | None,
    tested: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """What a lab says of its shape: its name, what is limited and how, what is not and why, each by its dimension.

    `reachable` is the largest memory size in MB whose share of the processors the machine has, None where the memory
    size sets no share. `tested` is what the self-test found (name, unit, wanted, reached, bound), and `date` when.
    """
    return {
        "name": name,
        "limited": dict(limited),
        "unlimited": dict(unlimited),
        "reachable": reachable,
        "date": date,
        "tested": [dict(each) for each in tested],
    }
