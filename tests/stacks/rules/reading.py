"""Helpers of the rules: they read models, functions and policy documents from a graph."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.stacks.support.recorder import UNKNOWN, Graph, Recorded

INDEX = ("incidents.jsonl", "incidents.safetensors", "manifest.json")


@dataclass(frozen=True)
class Served:
    """A model on a backend: its name, empty for the first, its bundle's hash, and its two functions."""

    model: str
    backend: str
    bundle_hash: str
    encoder: Recorded
    search: Recorded

    @property
    def functions(self) -> tuple[Recorded, Recorded]:
        return self.encoder, self.search


def models(graph: Graph) -> dict[str, dict[str, Any]]:
    """Return every model's part of the outputs, by its name; the first one's is empty."""
    return {"": graph.exports, **graph.exports.get("models", {})}


def bundle_hashes(graph: Graph) -> list[str]:
    return [model["bundleHash"] for model in models(graph).values()]


def served(graph: Graph) -> Iterator[Served]:
    """Yield every model on every backend."""
    for name, model in models(graph).items():
        for backend in model["backends"]:
            prefix = "-".join(filter(None, (backend, name)))
            encoder, search = (
                next(f for f in graph.of(":Function") if f.name == f"{prefix}-{part}-function")
                for part in ("serve", "search")
            )
            yield Served(name, backend, model["bundleHash"], encoder, search)


def alias_of(graph: Graph, function: Recorded) -> Recorded | None:
    """Return the alias that answers from snapshots of a function, if it has one."""
    found = [alias for alias in graph.of(":Alias") if function.urn in alias.property_dependencies["functionName"]]
    return found[0] if found else None


def serving(graph: Graph) -> list[Recorded]:
    """Return the functions that answer from a model or an index."""
    return [function for pair in served(graph) for function in pair.functions]


def containers(graph: Graph) -> list[Recorded]:
    return [function for function in graph.of(":Function") if function.inputs.get("packageType") == "Image"]


def page(graph: Graph) -> list[Recorded]:
    """Return the page's function, if there is one."""
    return [function for function in graph.of(":Function") if function.name == "page-function"]


def statements(graph: Graph) -> Iterator[tuple[Recorded, dict[str, Any]]]:
    """Yield every statement of every policy document, with the resource that has it."""
    for resource in graph.resources:
        for key in ("policy", "assumeRolePolicy"):
            if resource.inputs.get(key, UNKNOWN) != UNKNOWN:
                for statement in json.loads(resource.inputs[key]).get("Statement", []):
                    yield resource, statement


def policies_of(graph: Graph, function: Recorded) -> list[Recorded]:
    [role] = function.property_dependencies["role"]
    return [policy for policy in graph.of(":RolePolicy") if role in policy.property_dependencies["role"]]


def statements_of(graph: Graph, function: Recorded) -> Iterator[dict[str, Any]]:
    ours = {policy.urn for policy in policies_of(graph, function)}
    yield from (statement for resource, statement in statements(graph) if resource.urn in ours)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
