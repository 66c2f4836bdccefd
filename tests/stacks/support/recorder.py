"""Runs the Pulumi program with a monitor that records its requests to the engine.

The monitor stands in for Pulumi's engine and for AWS: it answers with outputs of the shape that AWS gives, or in a
preview with none (which the SDK then takes as unknown). Everything else is the real SDK and the real program.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import functools
import gc
import hashlib
import json
import os
import runpy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pulumi
import yaml
from pulumi import _types, _utils
from pulumi.runtime import mocks, resource, rpc, settings
from pulumi.runtime.proto import resource_pb2, source_pb2
from pulumi.runtime.stack import run_in_stack

from tests.stacks.support import awsx, cloud
from tests.stacks.support.cloud import ACCOUNT, REGION
from tests.stacks.support.project import ROOT

PROJECT, STACK = "model-storage", "test"


@dataclass(frozen=True)
class Recorded:
    """One resource as the engine was asked for it. Unknown inputs are `UNKNOWN`."""

    urn: str
    type: str
    name: str
    parent: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    dependencies: frozenset[str]
    property_dependencies: dict[str, frozenset[str]]
    provider: str
    providers: dict[str, str]
    custom: bool
    remote: bool
    after_create: tuple[str, ...]
    after_update: tuple[str, ...]
    on_error: tuple[str, ...]
    delete_timeout: str


@dataclass
class Graph:
    """What one run of the program asked for; `completed` holds the components that called register_outputs.

    `builds` are the images that awsx would have built.
    """

    resources: list[Recorded] = field(default_factory=list)
    builds: list[awsx.Build] = field(default_factory=list)
    completed: list[str] = field(default_factory=list)
    invokes: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)

    def of(self, kind: str) -> list[Recorded]:
        """Return the resources whose type ends in `kind`, e.g. `:Function`."""
        return [found for found in self.resources if found.type.endswith(kind)]

    def one(self, kind: str, name: str = "") -> Recorded:
        """Return the only resource of that kind whose name ends in `name`."""
        [only] = [found for found in self.of(kind) if found.name.endswith(name)]
        return only

    def by_urn(self) -> dict[str, Recorded]:
        return {known.urn: known for known in self.resources}

    def ancestors(self, child: Recorded) -> Iterator[Recorded]:
        """Yield the chain of parents, nearest first."""
        known = self.by_urn()
        while parent := known.get(child.parent):
            yield parent
            child = parent

    def needs(self, dependent: Recorded) -> set[str]:
        """Return the urns of all that exists before `dependent`, through any number of steps."""
        known, seen, todo = self.by_urn(), set[str](), [dependent]
        while todo:
            current = todo.pop()
            for urn in {
                *current.dependencies,
                *(u for us in current.property_dependencies.values() for u in us),
            } - seen:
                seen.add(urn)
                todo.append(known[urn])
        return seen


UNKNOWN = "<unknown>"


class Recorder(mocks.MockMonitor):
    """A monitor that keeps every request, and answers as the engine and AWS would."""

    def __init__(self, graph: Graph, *, preview: bool) -> None:
        super().__init__(mocks=None)  # type: ignore[arg-type]  # nothing that uses it is left
        self._graph = graph
        self._preview = preview
        self._urns: set[str] = set()

    def RegisterResource(self, request: Any) -> Any:
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        mocks._ensure_event_loop()
        if urn in self._urns:
            raise ValueError(f"duplicate resource {urn}")
        self._urns.add(urn)
        inputs = _plain(rpc.deserialize_properties(request.object, keep_unknowns=True))
        outputs = (
            {}
            if self._preview and not request.type.startswith("pulumi:")
            else answer(request.type, request.name, inputs)
        )
        self._graph.resources.append(
            Recorded(
                urn=urn,
                type=request.type,
                name=request.name,
                parent=request.parent,
                inputs=inputs,
                outputs=outputs,
                dependencies=frozenset(request.dependencies),
                property_dependencies={k: frozenset(v.urns) for k, v in request.propertyDependencies.items()},
                provider=request.provider,
                providers=dict(request.providers),
                custom=request.custom,
                remote=request.remote,
                after_create=tuple(request.hooks.after_create),
                after_update=tuple(request.hooks.after_update),
                on_error=tuple(request.hooks.on_error),
                delete_timeout=request.customTimeouts.delete,
            )
        )
        if request.type == "awsx:ecr:Image" and inputs["repositoryUrl"] != UNKNOWN:
            self._graph.builds.append(awsx.build(urn, inputs, request.transforms))
        identity = outputs.pop("id", "")
        state = mocks._sync_await(rpc.serialize_properties(outputs, {}))
        known = resource_pb2.RegisterResourceResponse(urn=urn, id=identity if request.custom else "", object=state)
        if self._preview and not request.remote:  # the engine gives a preview the inputs back
            known.object.CopyFrom(request.object)
        return known

    def RegisterResourceOutputs(self, request: Any) -> Any:
        mocks._ensure_event_loop()
        if "pulumi:pulumi:Stack" in request.urn and request.urn.count("::") == 3 and "$" not in request.urn:
            self._graph.exports.update(_plain(rpc.deserialize_properties(request.outputs, keep_unknowns=True)))
        else:
            self._graph.completed.append(request.urn)
        return super().RegisterResourceOutputs(request)

    def Invoke(self, request: Any) -> Any:
        mocks._ensure_event_loop()
        arguments = _plain(rpc.deserialize_properties(request.args))
        self._graph.invokes.append((request.tok, arguments, request.provider))
        result = cloud.look_up(request.tok, arguments)
        if result is None:
            reason = "couldn't find resource"
            return resource_pb2.ResourceInvokeResponse(failures=[{"reason": reason, "property": "id"}])
        return resource_pb2.ResourceInvokeResponse(
            **{"return": mocks._sync_await(rpc.serialize_properties(result, {}))}
        )


def run(project: Path, config: Mapping[str, Any], *, preview: bool = False, name: str = PROJECT) -> Graph:
    """Run the program in `project` (`support.project`), called `name`, with `config` over the schema's defaults.

    Raises whatever the program raises.
    """
    graph = Graph(config={**defaults(), **config})
    known = {f"{name}:{key}": _text(value) for key, value in graph.config.items()}

    async def program() -> None:
        # Made inside the loop that the program runs in, because one made before hangs.
        settings.configure(
            mocks.MockSettings(
                monitor=Recorder(graph, preview=preview),
                monitor_features={resource_pb2.RESOURCE_MONITOR_FEATURE_TRANSFORMS},
                engine=mocks.MockEngine(None),
                project=name,
                stack=STACK,
                dry_run=preview,
                organization="test",
                callbacks=None,
                outputs=set(),
                package_refs={},
                base_providers_by_ref={},
            )
        )
        settings.set_root_resource(None)  # type: ignore[arg-type]
        pulumi.runtime.set_all_config(known)
        await run_in_stack(lambda: runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__") and None)

    with contextlib.chdir(project), _quick():
        asyncio.run(program())
    return graph


@contextlib.contextmanager
def _quick() -> Iterator[None]:
    """Leave out steps that take three quarters of a run and change no record.

    These are garbage collection, a stack trace for every resource, waking up for each output instead of for all, and
    looking up the run's settings twice, and a type anew, for each value.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        with (
            mock.patch.object(resource, "_get_stack_trace", source_pb2.StackTrace),
            mock.patch.object(asyncio, "FIRST_COMPLETED", asyncio.FIRST_EXCEPTION),
            mock.patch.object(_utils.ContextProperty, "__get__", _setting),
            mock.patch.object(_types, "unwrap_type", _unwrapped),
        ):
            yield
    finally:
        if collecting:
            gc.enable()


def _setting(known: _utils.ContextProperty, settings: Any, _: type) -> Any:
    """Return the setting's value as `ContextProperty` does, which looks it up to see what it is, and then again."""
    value = known._data.get(known._ContextProperty__default)
    return known if settings is None or isinstance(value, dict) else value


_unwrapped = functools.cache(_types.unwrap_type)


def defaults() -> dict[str, Any]:
    """Return the defaults of Pulumi.yaml: Pulumi merges them in before the program sees its configuration."""
    schema = _parsed((ROOT / "Pulumi.yaml").read_text())["config"]
    return {key: copy.deepcopy(entry["default"]) for key, entry in schema.items()}


@functools.cache
def _parsed(text: str) -> dict[str, Any]:
    """Return the file's content, read once a process: reading it takes a tenth of a run."""
    parsed: dict[str, Any] = yaml.safe_load(text)
    return parsed


def answer(kind: str, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return outputs of the shape that AWS gives, in camelCase, `id` among them."""
    token = hashlib.sha256(f"{kind} {name}".encode()).hexdigest()
    short, physical = token[:17], inputs.get("name") or f"{name}-{token[:7]}"

    tag = hashlib.sha256(str(inputs.get("imageName")).encode()).hexdigest()

    def arn(service: str, path: str) -> str:
        return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{path}"

    repository = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{physical}"
    function = arn("lambda", f"function:{physical}")
    computed: dict[str, dict[str, Any]] = {
        "awsx:ecr:Repository": {"url": repository},
        "awsx:ecr:Image": {"imageUri": f"{inputs.get('repositoryUrl')}@sha256:{tag}"},
        "aws:s3/bucket:Bucket": {"id": physical, "bucket": physical, "arn": f"arn:aws:s3:::{physical}"},
        "aws:lambda/function:Function": {
            "id": physical,
            "name": physical,
            "arn": function,
            **({"version": "1"} if inputs.get("publish") else {}),
            "invokeArn": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations",
        },
        "aws:lambda/alias:Alias": {
            "arn": arn("lambda", f"function:{inputs.get('functionName')}:{physical}"),
            "invokeArn": f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/"
            + arn("lambda", f"function:{inputs.get('functionName')}:{physical}/invocations"),
        },
        "aws:iam/role:Role": {"id": physical, "name": physical, "arn": f"arn:aws:iam::{ACCOUNT}:role/{physical}"},
        "aws:cloudwatch/logGroup:LogGroup": {
            "id": physical,
            "name": physical,
            "arn": arn("logs", f"log-group:{physical}"),
        },
        "aws:efs/fileSystem:FileSystem": {
            "id": f"fs-{short}",
            "arn": arn("elasticfilesystem", f"file-system/fs-{short}"),
        },
        "aws:efs/accessPoint:AccessPoint": {
            "id": f"fsap-{short}",
            "arn": arn("elasticfilesystem", f"access-point/fsap-{short}"),
        },
        "aws:s3/filesFileSystem:FilesFileSystem": {
            "id": f"fs-{short}",
            "arn": arn("s3files", f"file-system/fs-{short}"),
        },
        "aws:s3/filesAccessPoint:FilesAccessPoint": {
            "id": f"fsap-{short}",
            "arn": arn("s3files", f"file-system/fs-{short}/access-point/fsap-{short}"),
        },
        "aws:ec2/vpc:Vpc": {"id": f"vpc-{short}"},
        "aws:ec2/subnet:Subnet": {"id": f"subnet-{short}"},
        "aws:ec2/securityGroup:SecurityGroup": {"id": f"sg-{short}"},
        "aws:ec2/routeTable:RouteTable": {"id": f"rtb-{short}"},
        "aws:ec2/vpcEndpoint:VpcEndpoint": {"id": f"vpce-{short}", "prefixListId": "pl-63a5400a"},
        "aws:apigatewayv2/api:Api": {
            "id": token[:10],
            "apiEndpoint": f"https://{token[:10]}.execute-api.{REGION}.amazonaws.com",
            "executionArn": arn("execute-api", token[:10]),
        },
    }
    if kind.startswith("awsx:"):  # a component's outputs are its own; some share a name with an input
        return computed[kind]
    known = {key: value for key, value in inputs.items() if key != "code"}  # the SDK wants an archive's own type back
    return {"id": token[:12], **known, **computed.get(kind, {})}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _plain(value: Any) -> Any:
    """Return a copy without the SDK's own wrappers, and with a printable mark for what is unknown."""
    if isinstance(value, pulumi.output.Unknown):
        return UNKNOWN
    if isinstance(value, pulumi.FileAsset):
        return {"path": os.fspath(value.path)}
    if isinstance(value, pulumi.AssetArchive):
        return {"assets": _plain(value.assets)}
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
