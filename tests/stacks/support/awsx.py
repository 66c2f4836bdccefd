"""Reproduces what awsx makes of an image: a child of the docker-build provider, after the program's transforms.

The child is made by awsx's own process, so no monitor of the program sees it. Its inputs are those that awsx's source
gives it (awsx/ecr/image.ts); the transforms run in the SDK, as the engine would call them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pulumi.runtime import mocks, rpc
from pulumi.runtime._callbacks import _CallbackServicer
from pulumi.runtime.proto import callback_pb2, resource_pb2

AWSX_ASKS_FOR = "0.0.14"  # the version of docker-build that awsx 3.11.0 has in its package.json


@dataclass(frozen=True)
class Build:
    """A `docker-build:index:Image` as the engine would register it."""

    parent: str
    name: str
    props: dict[str, Any]
    version: str
    retained: bool

    @property
    def repository(self) -> str:
        """The repository's URL."""
        reference: str = self.props["tags"][0]
        return reference.rpartition(":")[0]


def build(parent: str, inputs: dict[str, Any], transforms: Iterable[callback_pb2.Callback]) -> Build:
    """Return the child of the awsx image `parent` with these inputs."""
    reference = f"{inputs['repositoryUrl']}:{inputs['imageName']}"
    props = {
        "tags": [reference],
        "buildArgs": inputs["args"],
        "cacheFrom": [{"registry": {"ref": image}} for image in inputs.get("cacheFrom", [reference])],
        "cacheTo": [{"inline": {}}],
        "context": {"location": inputs["context"]},
        "dockerfile": {"location": inputs["dockerfile"]},
        "platforms": [inputs["platform"]],
        "push": True,
    }
    name = inputs["imageName"]
    request = resource_pb2.TransformRequest(
        type="docker-build:index:Image",
        name=name,
        custom=True,
        parent=parent,
        properties=mocks._sync_await(rpc.serialize_properties(props, {})),
        options=resource_pb2.TransformResourceOptions(version=AWSX_ASKS_FOR),
    )
    for transform in transforms:
        answer = mocks._sync_await(_function(transform)(request.SerializeToString()))
        request.properties.CopyFrom(answer.properties)
        request.options.CopyFrom(answer.options)
    result = rpc.deserialize_properties(request.properties)
    return Build(parent, name, result, request.options.version, request.options.retain_on_delete)


def _function(transform: callback_pb2.Callback) -> Any:
    return next(
        servicer._callbacks[transform.token]
        for servicer in _CallbackServicer._servicers
        if transform.token in servicer._callbacks
    )
