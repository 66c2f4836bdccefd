"""Draws the graph of imports of the production code, and finds its cycles."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from contract.checkout import ROOT

HOUSES = ("bench", "images", "lab", "model", "page", "published", "stacks", "tools")
Graph = Mapping[str, set[str]]


def production_files(root: Path = ROOT) -> list[Path]:
    """All Python files that are not tests."""
    return [root / "__main__.py", *(path for house in HOUSES for path in sorted((root / house).rglob("*.py")))]


def modules(root: Path = ROOT) -> dict[str, Path]:
    """The production modules by the names under which they are imported."""
    return {_name(path.relative_to(root)): path for path in production_files(root)}


def imports(root: Path = ROOT) -> dict[str, set[str]]:
    """The modules that each module imports: at its top, late within functions, and for types only."""
    known = modules(root)
    return {name: set(_imported(name, path, known)) for name, path in known.items()}


def folders(root: Path = ROOT) -> dict[str, set[str]]:
    """The same between the folders that the modules lie in."""
    known = modules(root)
    where = {name: str(path.parent.relative_to(root)) for name, path in known.items()}
    graph: dict[str, set[str]] = {folder: set() for folder in where.values()}
    for name, others in imports(root).items():
        graph[where[name]] |= {where[other] for other in others} - {where[name]}
    return graph


def cycles(graph: Graph) -> list[list[str]]:
    """All groups of nodes each of which can be reached from each other one."""
    reached = {node: _reachable(graph, node) for node in graph}
    groups = {tuple(sorted(other for other in reached[node] if node in reached[other])) for node in graph}
    return [list(group) for group in sorted(groups) if len(group) > 1]


def _reachable(graph: Graph, start: str) -> set[str]:
    found: set[str] = set()
    ahead = list(graph[start])
    while ahead:
        node = ahead.pop()
        if node not in found:
            found.add(node)
            ahead += graph[node]
    return found


def _name(path: Path) -> str:
    parts = PurePosixPath(path.with_suffix("")).parts
    if parts[0] == "images" and parts[1] in ("similarity", "contract"):
        parts = parts[1:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(name: str, path: Path, known: Mapping[str, Path]) -> Iterable[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        wanted: list[str] = []
        if isinstance(node, ast.Import):
            wanted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            wanted = [f"{node.module}.{alias.name}" for alias in node.names]
        for other in wanted:
            while other and other not in known:
                other = other.rpartition(".")[0]
            if other and other != name:
                yield other
