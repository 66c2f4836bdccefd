"""What ``lab up`` tells: the same outputs as the Pulumi stack exports."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contract.auth import NONE
from contract.routes import HEALTH, SIMILAR
from lab.aws.credentials import Credentials
from lab.host.identity import REGION, architecture

_SAMPLE = "A delivery robot ran over a dog on the pavement"


@dataclass(frozen=True)
class BackendOutput:
    """A model on one backend: its path, its two functions, the first one's log group, and what its storage is."""

    path: str
    function_name: str
    search_function_name: str
    log_group: str
    storage: str


@dataclass(frozen=True)
class ModelOutput:
    """A model: its name (empty for the first), its bundle and its backends."""

    name: str
    bundle_hash: str
    weights: str
    backends: Mapping[str, BackendOutput]


@dataclass(frozen=True)
class Outputs:
    """Everything a client of the deployment must know; the first of ``models`` is the one without a name."""

    api_url: str
    endpoint_url: str
    credentials: Credentials
    engine: str
    default_backend: str
    images: str
    cache_policy: str
    memory_enforcement: str
    capacity: str
    models: Sequence[ModelOutput]

    def as_dict(self) -> dict[str, Any]:
        """The outputs under the names that ``pulumi stack output --json`` uses."""
        first, *others = self.models
        outputs = {
            "target": "lab",
            "apiUrl": self.api_url,
            "pageUrl": self.page_url,
            "region": REGION,
            "authMode": NONE,
            "engine": self.engine,
            "architecture": architecture(),
            "defaultBackend": self.default_backend,
            "endpointUrl": self.endpoint_url,
            "accessKeyId": self.credentials.access_key_id,
            "secretAccessKey": self.credentials.secret_access_key,
            "images": self.images,
            "cachePolicy": self.cache_policy,
            "memoryEnforcement": self.memory_enforcement,
            "capacity": self.capacity,
            **self._described(first),
        }
        if others:
            outputs["models"] = {model.name: self._described(model) for model in others}
        return outputs

    def _described(self, model: ModelOutput) -> dict[str, Any]:
        return {
            "bundleHash": model.bundle_hash,
            "weights": model.weights,
            "backends": {
                name: {
                    "functionName": backend.function_name,
                    "searchFunctionName": backend.search_function_name,
                    "logGroup": backend.log_group,
                    "storage": backend.storage,
                    "curl": self.curl(backend),
                }
                for name, backend in model.backends.items()
            },
        }

    @property
    def page_url(self) -> str:
        """The address to open in a browser."""
        return f"{self.api_url}/"

    def curl(self, backend: BackendOutput) -> str:
        """A command line that asks a backend."""
        return f"curl -sG {self.api_url}{backend.path}/{SIMILAR.name} --data-urlencode {shlex.quote(f'text={_SAMPLE}')}"

    def as_text(self) -> str:
        """The outputs for people."""
        lines = [
            f"Page          {self.page_url}",
            f"HTTP API      {self.api_url}   (default backend: {self.default_backend}; /openapi.json describes it)",
            f"AWS endpoint  {self.endpoint_url}   (Lambda and CloudWatch Logs, for who has the key of this start:)",
            f"  export AWS_ENDPOINT_URL_LAMBDA={self.endpoint_url} AWS_ENDPOINT_URL_LOGS={self.endpoint_url}",
            f"  export AWS_REGION={REGION} AWS_DEFAULT_REGION={REGION}",
            f"  export AWS_ACCESS_KEY_ID={self.credentials.access_key_id}",
            f"  export AWS_SECRET_ACCESS_KEY={self.credentials.secret_access_key}",
            f"Engine        {self.engine}",
            f"Images        {self.images}",
            f"Page cache    {self.cache_policy}",
            f"Memory        {self.memory_enforcement}",
            f"Environments  {self.capacity}",
        ]
        for model in self.models:
            lines += ["", *self._lines(model)]
        return "\n".join([*lines, "", "Ctrl-C ends it."])

    def _lines(self, model: ModelOutput) -> Iterator[str]:
        yield f"Model{f' {model.name}' if model.name else ''}: bundle {model.bundle_hash[:12]}, {model.weights} weights"
        if model.weights == "synthetic":
            yield "  The weights are synthetic: times mean something, rankings do not."
        for name, backend in model.backends.items():
            yield f"{name}: {backend.storage}"
            yield f"  functions {backend.function_name}, {backend.search_function_name}"
            yield f"  {self.curl(backend)}"
            yield f"  curl -s {self.api_url}{backend.path}/{HEALTH.name}"
