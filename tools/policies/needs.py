"""Derives the IAM actions that recorded runs of the program need, such as `lambda:CreateFunction`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.stacks.support.recorder import Graph
from tools.policies.permissions import ACTIONS, LOOKUPS, PREVIEW, SERVICE_LINKED, WITH_ARN, WITH_INPUT

# Types that exist only in the engine and the SDK, and the program's own components.
_NOT_AWS = ("model-storage:", "pulumi:")


@dataclass(frozen=True)
class Needs:
    """Actions of a deployment, by purpose; `linked` are services that make a role for themselves.

    `lookups` come before anything is made, `preview` are the further actions of a preview.
    """

    deploy: frozenset[str]
    lookups: frozenset[str]
    preview: frozenset[str]
    linked: frozenset[str]


class UnknownTypeError(Exception):
    """A type of resource, or a lookup, that the table of permissions does not have."""


def needs(graphs: Iterable[Graph]) -> Needs:
    """Return what these runs need together. Raises UnknownTypeError for a type that the table lacks."""
    deploy, lookups, preview, linked = set[str](), set[str](), set[str](), set[str]()
    for graph in graphs:
        for resource in graph.resources:
            if resource.type.startswith(_NOT_AWS):
                continue
            deploy |= of_resource(resource.type, resource.inputs)
            preview |= actions(PREVIEW.get(resource.type, ()))
            linked |= {SERVICE_LINKED[resource.type]} if resource.type in SERVICE_LINKED else set()
        for token, *_ in graph.invokes:
            lookups |= actions(_known(LOOKUPS, token))
    return Needs(frozenset(deploy), frozenset(lookups), frozenset(preview), frozenset(linked))


def of_resource(kind: str, inputs: Mapping[str, Any]) -> set[str]:
    """Return what it takes to make, read, change and delete one resource with these inputs."""
    more = [lines for (owner, name), lines in WITH_INPUT.items() if owner == kind and is_set(inputs, name)]
    more += [(line,) for line in WITH_ARN.get(kind, ()) if names_arn_of(inputs, service_of(line))]
    return actions(line for lines in (_known(ACTIONS, kind), *more) for line in lines)


def service_of(line: str) -> str:
    """Return the service of a line."""
    return line.partition(": ")[0]


def actions(lines: Iterable[str]) -> set[str]:
    """Return the actions of lines such as `lambda: GetFunction InvokeFunction`."""
    return {f"{service_of(line)}:{name}" for line in lines for name in line.partition(": ")[2].split()}


def is_set(value: Any, name: str) -> bool:
    """Return whether an input of this name has a value, at any level."""
    if isinstance(value, Mapping):
        return bool(value.get(name)) or any(is_set(inner, name) for inner in value.values())
    return isinstance(value, list) and any(is_set(inner, name) for inner in value)


def names_arn_of(value: Any, service: str) -> bool:
    """Return whether an input, at any level, is the ARN of something of this service."""
    if isinstance(value, Mapping):
        return any(names_arn_of(inner, service) for inner in value.values())
    if isinstance(value, list):
        return any(names_arn_of(inner, service) for inner in value)
    return isinstance(value, str) and value.split(":")[:3:2] == ["arn", service]


def _known(table: Mapping[str, tuple[str, ...]], key: str) -> tuple[str, ...]:
    if key not in table:
        raise UnknownTypeError(f"tools/policies/permissions.py lacks {key}: say there which actions it needs")
    return table[key]
