"""Reads a deployment's outputs, which have the same names in the lab and in the Pulumi stack."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from bench.deployments.deployment import Backend, Deployment, Served
from bench.process.errors import UsageError
from bench.process.redact import keep_secret
from bench.runs.checks import explain
from bench.runs.foreign import checked_witnesses
from bench.runs.shapes import Shape
from contract import outputs as names
from contract.engines import ONNX
from contract.names import LABEL
from contract.precisions import FP32, PRECISIONS
from contract.routes import SIMILAR
from contract.run_modes import SNAPSTART, label, path_segment
from contract.storages import STORAGES

HIDDEN = "[secret]"  # what Pulumi prints in place of a secret
_PATH = r"^/[A-Za-z0-9._~/-]{1,200}$"


class _BackendOutputs(BaseModel, strict=True):
    function_name: str = Field(validation_alias=names.FUNCTION_NAME)
    log_group: str = Field(validation_alias=names.LOG_GROUP)
    storage: str = Field("not stated", validation_alias=names.STORAGE)
    mode: str | None = Field(None, validation_alias=names.MODE)
    provisioned_mibps: int = Field(0, validation_alias=names.PROVISIONED_MIBPS, ge=0)
    path: str | None = Field(None, validation_alias=names.PATH, pattern=_PATH)
    witnesses: list[str] | None = Field(None, validation_alias=names.WITNESSES)
    alias: str | None = Field(None, validation_alias=names.ALIAS, pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,127}$")


def _known(precision: str) -> str:
    if precision not in PRECISIONS:
        raise ValueError(f"known precisions are {', '.join(PRECISIONS)}")
    return precision


_Precision = Annotated[str, AfterValidator(_known)]


class _AgreementOutputs(BaseModel, strict=True):
    items: int = Field(ge=1)
    top_1: float = Field(ge=0, le=1)
    top_3: float = Field(ge=0, le=1)
    cosine_median: float = Field(ge=-1.001, le=1.001)
    cosine_p1: float = Field(ge=-1.001, le=1.001)


class _ModelOutputs(BaseModel, strict=True):
    bundle_hash: str = Field(validation_alias=names.BUNDLE_HASH)
    backends: dict[str, _BackendOutputs] = Field(validation_alias=names.BACKENDS)
    weights: str = Field("not stated", validation_alias=names.WEIGHTS)
    bundle_bytes: int | None = Field(None, validation_alias=names.BUNDLE_BYTES, ge=0)
    precision: _Precision = Field(FP32, validation_alias=names.PRECISION)
    origin: str = Field("", validation_alias=names.ORIGIN)
    agreement: _AgreementOutputs | None = Field(None, validation_alias=names.AGREEMENT)


class _Outputs(_ModelOutputs):
    """The types of the outputs; other outputs are ignored."""

    target: str = Field(validation_alias=names.TARGET)
    api_url: str = Field(validation_alias=names.API_URL)
    region: str = Field(validation_alias=names.REGION)
    auth_mode: str = Field(validation_alias=names.AUTH_MODE)
    architecture: Literal["arm64", "x86_64"] = Field(validation_alias=names.ARCHITECTURE)
    engine: str = Field(ONNX, validation_alias=names.ENGINE)
    endpoint_url: str | None = Field(None, validation_alias=names.ENDPOINT_URL)
    cache_policy: str | None = Field(None, validation_alias=names.CACHE_POLICY)
    memory_enforcement: str | None = Field(None, validation_alias=names.MEMORY_ENFORCEMENT)
    images: str | None = Field(None, validation_alias=names.IMAGES)
    shape: Shape | None = Field(None, validation_alias=names.SHAPE)
    primed: bool = Field(False, validation_alias=names.PRIMED)
    models: dict[str, _ModelOutputs] = Field({}, validation_alias=names.MODELS)
    access_key_id: str | None = Field(None, validation_alias=names.ACCESS_KEY_ID)
    secret_access_key: str | None = Field(None, validation_alias=names.SECRET_ACCESS_KEY)


_REQUIRED = tuple(str(field.validation_alias) for field in _Outputs.model_fields.values() if field.is_required())


def parse_outputs(given: Mapping[str, Any]) -> Deployment:
    """A deployment from its outputs. Raises UsageError naming what is missing or wrong."""
    missing = [name for name in _REQUIRED if name not in given]
    if missing:
        raise UsageError(f"the outputs lack {', '.join(missing)}; deploy again with the current program")
    try:
        outputs = _Outputs.model_validate(dict(given))
    except ValidationError as error:
        raise UsageError(f"the outputs are wrong at {explain(error)}; deploy again with the current program") from error
    if not outputs.backends:
        raise UsageError("the outputs name no backend")
    api_url, login = _without_login(names.API_URL, outputs.api_url)
    endpoint_url = outputs.endpoint_url
    models = tuple(_served(name, model) for name, model in {"": outputs, **outputs.models}.items())
    return Deployment(
        kind=outputs.target,
        api_url=api_url.rstrip("/"),
        region=outputs.region,
        auth_mode=outputs.auth_mode,
        bundle_hash=outputs.bundle_hash,
        weights=outputs.weights,
        engine=outputs.engine,
        architecture=outputs.architecture,
        endpoint_url=_without_login(names.ENDPOINT_URL, endpoint_url)[0] if endpoint_url else None,
        backends=models[0].backends,
        cache_policy=outputs.cache_policy,
        memory_enforcement=outputs.memory_enforcement,
        images=outputs.images,
        shape=outputs.shape,
        primed=outputs.primed,
        bundle_bytes=outputs.bundle_bytes,
        origin=outputs.origin,
        models=models,
        login=login,
        access_key=_access_key(outputs),
    )


def _served(name: str, model: _ModelOutputs) -> Served:
    """A model; all but the first, which has no name, are asked below their names."""
    backends = tuple(_backends(model))
    if name:
        backends = tuple(replace(backend, path=f"/{name}{backend.route}") for backend in backends)
    return Served(
        precision=model.precision,
        origin=model.origin,
        bundle_hash=model.bundle_hash,
        bundle_bytes=model.bundle_bytes,
        weights=model.weights,
        backends=backends,
        agreement=model.agreement.model_dump() if model.agreement else None,
    )


def _backends(model: _ModelOutputs) -> Iterator[Backend]:
    """The backends of a model, and beside one with snapshots the same function by its alias."""
    for name, item in model.backends.items():
        yield (backend := _backend(name, item))
        if item.alias is not None:
            yield replace(
                backend,
                name=label(name, SNAPSTART),
                storage=f"{backend.storage}; restored from a snapshot",
                path=f"/{path_segment(name, SNAPSTART)}/{SIMILAR.name}",
                alias=item.alias,
            )


def _backend(name: str, item: _BackendOutputs) -> Backend:
    """A backend. Raises UsageError where a function that is not ours is not described well enough."""
    witnesses = None
    if item.witnesses is not None:
        if not LABEL.fullmatch(name) or name in STORAGES:
            raise UsageError(f"{name!r} is not a label for a function of yours: up to 32 of a-z, 0-9 and -, a letter "
                             f"first, and not {' or '.join(STORAGES)}")  # fmt: skip
        try:
            witnesses = checked_witnesses(tuple(item.witnesses))
        except ValueError as error:
            raise UsageError(f"the outputs of {name}: {error}") from error
    if (item.path is None) != (witnesses is None):
        raise UsageError(f"the outputs of {name} must have both {names.PATH} and {names.WITNESSES}, or neither")
    return Backend(
        name, item.function_name, item.log_group, item.storage, item.mode, item.provisioned_mibps, item.path, witnesses
    )


def _access_key(outputs: _Outputs) -> tuple[str, str] | None:
    """The access key that a lab made for this start, if the outputs have one."""
    identity, secret = outputs.access_key_id, outputs.secret_access_key
    keep_secret(secret)
    return (identity, secret) if identity and secret else None


def _without_login(name: str, address: str) -> tuple[str, tuple[str, str] | None]:
    """An address without user and password, and these two; they count as secrets from now on."""
    if address == HIDDEN:
        raise UsageError(f"{name} in the outputs is hidden: pulumi stack output --json --show-secrets")
    if not address.isprintable() or " " in address:
        raise UsageError(f"{name} in the outputs is not an address: it holds blanks or control characters")
    try:
        parts = urlsplit(address)
        host = parts.hostname
        _ = parts.port  # raises for what is not a number
    except ValueError as error:
        raise UsageError(f"{name} in the outputs is not an address") from error
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"{name} in the outputs must begin with http:// or https:// and name a host")
    userinfo, at, place = parts.netloc.rpartition("@")
    if not at:
        return address, None
    user, _, password = userinfo.partition(":")
    login = unquote(user), unquote(password)
    keep_secret(userinfo, password, login[1])
    return SplitResult(parts.scheme, place, parts.path, parts.query, parts.fragment).geturl(), login


def read_outputs(path: Path) -> Deployment:
    """A deployment from a file made with `pulumi stack output --json` or `python -m lab up --json`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    try:
        return parse_outputs(json_object(content))
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error


def json_object(content: bytes | str) -> dict[str, Any]:
    """Parse a JSON object. Raises UsageError for anything else."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UsageError("this is not JSON") from error
    if not isinstance(value, dict):
        raise UsageError("this holds no JSON object")
    return value
