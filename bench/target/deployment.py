"""A deployment's outputs: the same names from the lab and from the Pulumi stack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.errors import UsageError

_REQUIRED = ("target", "apiUrl", "region", "authMode", "architecture", "bundleHash", "backends")
ARCHITECTURES = ("arm64", "x86_64")


@dataclass(frozen=True)
class Backend:
    """One function under test; `storage` is one honest sentence about where its weights are."""

    name: str
    function_name: str
    log_group: str
    storage: str


@dataclass(frozen=True)
class Deployment:
    """What the benchmark needs to know about a target. `endpoint_url` and `access_key` are a lab's."""

    kind: str
    api_url: str
    region: str
    auth_mode: str
    bundle_hash: str
    weights: str
    engine: str
    architecture: str
    endpoint_url: str | None
    backends: tuple[Backend, ...]
    access_key: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def is_lab(self) -> bool:
        """Whether the figures are a local machine's, not AWS's."""
        return self.kind == "lab"

    def backend(self, name: str) -> Backend:
        """The backend of that name. Raises UsageError when it is not deployed."""
        for backend in self.backends:
            if backend.name == name:
                return backend
        known = ", ".join(b.name for b in self.backends)
        raise UsageError(f"backend {name!r} is not deployed; this target has {known}")

    def recorded(self) -> dict[str, Any]:
        """The part that belongs in the results: everything but addresses and keys that mean nothing tomorrow."""
        values = asdict(self)
        for name in ("endpoint_url", "access_key"):
            values.pop(name)
        return {**values, "bundleHash": self.bundle_hash}


def parse_outputs(outputs: Mapping[str, Any]) -> Deployment:
    """A deployment from its outputs. Raises UsageError naming what is missing."""
    missing = [name for name in _REQUIRED if name not in outputs]
    if missing:
        raise UsageError(f"the outputs lack {', '.join(missing)}; deploy again with the current program")
    architecture = str(outputs["architecture"])
    if architecture not in ARCHITECTURES:
        raise UsageError(f"unknown architecture {architecture!r} in the outputs; known are {', '.join(ARCHITECTURES)}")
    backends = outputs["backends"]
    if not isinstance(backends, Mapping) or not backends:
        raise UsageError("the outputs name no backend")
    try:
        functions = tuple(
            Backend(name, item["functionName"], item["logGroup"], item.get("storage", "not stated"))
            for name, item in backends.items()
        )
    except (KeyError, TypeError) as error:
        raise UsageError(f"a backend in the outputs lacks {error}") from error
    return Deployment(
        kind=str(outputs["target"]),
        api_url=str(outputs["apiUrl"]).rstrip("/"),
        region=str(outputs["region"]),
        auth_mode=str(outputs["authMode"]),
        bundle_hash=str(outputs["bundleHash"]),
        weights=str(outputs.get("weights", "not stated")),
        engine=str(outputs.get("engine", "onnx")),
        architecture=architecture,
        endpoint_url=outputs.get("endpointUrl"),
        backends=functions,
        access_key=_access_key(outputs),
    )


def _access_key(outputs: Mapping[str, Any]) -> tuple[str, str] | None:
    """The key that a lab made for this start, if the outputs have one."""
    key = outputs.get("accessKeyId"), outputs.get("secretAccessKey")
    return (str(key[0]), str(key[1])) if all(key) else None


def read_outputs(path: Path) -> Deployment:
    """A deployment from a file made with `pulumi stack output --json` or `python -m lab up --json`."""
    try:
        outputs = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}") from error
    if not isinstance(outputs, dict):
        raise UsageError(f"{path} holds no JSON object")
    return parse_outputs(outputs)
