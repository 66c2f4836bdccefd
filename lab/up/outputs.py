"""The outputs of `lab up`: the same that the Pulumi stack exports."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from contract import outputs
from contract.auth import NONE
from contract.precisions import Reduction
from contract.routes import HEALTH, SIMILAR
from lab.aws.credentials import Credentials
from lab.host.identity import REGION, architecture
from lab.shape.described import Described

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
    """A model: its name (empty for the first), its bundle, its backends, and what its weights give up."""

    name: str
    bundle_hash: str
    bundle_bytes: int
    weights: str
    backends: Mapping[str, BackendOutput]
    reduction: Reduction


@dataclass(frozen=True)
class Outputs:
    """Everything that a client of the deployment must know; the first of `models` has no name."""

    api_url: str
    endpoint_url: str
    credentials: Credentials
    engine: str
    default_backend: str
    images: str
    cache_policy: str
    memory_enforcement: str
    capacity: str
    shape: Described
    models: Sequence[ModelOutput]

    def as_dict(self) -> dict[str, Any]:
        """The outputs under the names that `pulumi stack output --json` uses."""
        common = outputs.deployment(
            target="lab",
            api_url=self.api_url,
            page_url=self.page_url,
            region=REGION,
            auth_mode=NONE,
            engine=self.engine,
            architecture=architecture(),
            default_backend=self.default_backend,
            models={model.name: self._described(model) for model in self.models},
        )
        return {
            **common,
            outputs.ENDPOINT_URL: self.endpoint_url,
            outputs.ACCESS_KEY_ID: self.credentials.access_key_id,
            outputs.SECRET_ACCESS_KEY: self.credentials.secret_access_key,
            outputs.IMAGES: self.images,
            outputs.CACHE_POLICY: self.cache_policy,
            outputs.MEMORY_ENFORCEMENT: self.memory_enforcement,
            outputs.CAPACITY: self.capacity,
            outputs.SHAPE: self._shape(),
        }

    def _shape(self) -> dict[str, Any]:
        shape = self.shape
        return outputs.shape(
            name=shape.name,
            limited=shape.limited,
            unlimited=shape.unlimited,
            reachable=shape.reachable,
            date=shape.test.date if shape.test else None,
            tested=[asdict(each) for each in shape.test.found] if shape.test else [],
        )

    def _described(self, model: ModelOutput) -> dict[str, Any]:
        backends = {
            name: outputs.backend(
                function_name=backend.function_name,
                search_function_name=backend.search_function_name,
                log_group=backend.log_group,
                storage=backend.storage,
                curl=self.curl(backend),
            )
            for name, backend in model.backends.items()
        }
        return outputs.model(
            bundle_hash=model.bundle_hash,
            bundle_bytes=model.bundle_bytes,
            weights=model.weights,
            backends=backends,
            **model.reduction._asdict(),
        )

    @property
    def page_url(self) -> str:
        """The address to open in a browser."""
        return f"{self.api_url}/"

    def curl(self, backend: BackendOutput) -> str:
        """A curl command line that asks a backend."""
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
            *self._shape_lines(),
        ]
        for model in self.models:
            lines += ["", *self._lines(model)]
        return "\n".join([*lines, "", "Ctrl-C ends it."])

    def _shape_lines(self) -> Iterator[str]:
        yield f"Shape         {self.shape.name}"
        for what, how in self.shape.limited.items():
            yield f"  {what}: {how}"
        if self.shape.limited:
            yield f"  not limited: {'; '.join(f'{what} ({why})' for what, why in self.shape.unlimited.items())}"
            test = self.shape.test
            yield f"  tested: {test.sentence if test else f'not yet: python -m lab shape check {self.shape.name}'}"

    def _lines(self, model: ModelOutput) -> Iterator[str]:
        yield f"Model{f' {model.name}' if model.name else ''}: bundle {model.bundle_hash[:12]}, {model.weights} weights"
        if model.weights == "synthetic":
            yield "  The weights are synthetic: times mean something, rankings do not."
        for name, backend in model.backends.items():
            yield f"{name}: {backend.storage}"
            yield f"  functions {backend.function_name}, {backend.search_function_name}"
            yield f"  {self.curl(backend)}"
            yield f"  curl -s {self.api_url}{backend.path}/{HEALTH.name}"
