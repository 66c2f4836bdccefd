"""What the rules have in common: reading functions and policy documents out of a graph."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.stacks.recorder import UNKNOWN, Graph, Recorded


def serving(graph: Graph) -> list[Recorded]:
    return [function for function in graph.of(":Function") if "seeder" not in function.name]


def statements(graph: Graph) -> Iterator[tuple[Recorded, dict[str, Any]]]:
    """Yield every statement of every policy document, with the resource that has it."""
    for resource in graph.resources:
        for key in ("policy", "assumeRolePolicy"):
            if resource.inputs.get(key, UNKNOWN) != UNKNOWN:
                for statement in json.loads(resource.inputs[key]).get("Statement", []):
                    yield resource, statement


def statements_of(graph: Graph, function: Recorded) -> Iterator[dict[str, Any]]:
    [role] = function.property_dependencies["role"]
    for resource, statement in statements(graph):
        if role in resource.property_dependencies.get("role", frozenset()):
            yield statement


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
