"""What ``lab up`` tells: the same outputs as the Pulumi stack exports."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.spec import REGION

_SAMPLE = "A delivery robot ran over a dog on the pavement"


def architecture() -> str:
    """Lambda's name of this machine's architecture."""
    return "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"


@dataclass(frozen=True)
class BackendOutput:
    """One backend: its two functions, the first one's log group, and what its storage really is."""

    function_name: str
    search_function_name: str
    log_group: str
    storage: str


@dataclass(frozen=True)
class Outputs:
    """Everything a client of the deployment must know."""

    api_url: str
    endpoint_url: str
    engine: str
    bundle_hash: str
    weights: str
    default_backend: str
    images: str
    cache_policy: str
    memory_enforcement: str
    backends: Mapping[str, BackendOutput]

    def as_dict(self) -> dict[str, Any]:
        """The outputs under the names that ``pulumi stack output --json`` uses."""
        return {
            "target": "lab",
            "apiUrl": self.api_url,
            "region": REGION,
            "authMode": "none",
            "engine": self.engine,
            "architecture": architecture(),
            "bundleHash": self.bundle_hash,
            "weights": self.weights,
            "defaultBackend": self.default_backend,
            "endpointUrl": self.endpoint_url,
            "images": self.images,
            "cachePolicy": self.cache_policy,
            "memoryEnforcement": self.memory_enforcement,
            "backends": {
                name: {
                    "functionName": backend.function_name,
                    "searchFunctionName": backend.search_function_name,
                    "logGroup": backend.log_group,
                    "storage": backend.storage,
                    "curl": self.curl(name),
                }
                for name, backend in self.backends.items()
            },
        }

    def curl(self, backend: str) -> str:
        """A command line that asks a backend."""
        return f"curl -sG {self.api_url}/{backend}/similar --data-urlencode {shlex.quote(f'text={_SAMPLE}')}"

    def as_text(self) -> str:
        """The outputs for people."""
        lines = [
            f"HTTP API      {self.api_url}   (default backend: {self.default_backend})",
            f"AWS endpoint  {self.endpoint_url}   (Lambda and CloudWatch Logs, for boto3's endpoint_url)",
            f"Bundle        {self.bundle_hash[:12]}, {self.weights} weights; engine {self.engine}",
            f"Images        {self.images}",
            f"Page cache    {self.cache_policy}",
            f"Memory        {self.memory_enforcement}",
        ]
        if self.weights == "synthetic":
            lines.append("The weights are synthetic: times mean something, rankings do not.")
        for name, backend in self.backends.items():
            lines += ["", f"{name}: {backend.storage}", f"  function {backend.function_name}", f"  {self.curl(name)}"]
        return "\n".join([*lines, "", "Ctrl-C ends it."])
