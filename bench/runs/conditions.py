"""Under which conditions a session measured: what must agree before its figures may be put beside another's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TARGET = {
    "the target": "kind",
    "the model bundle": "bundle_hash",
    "the architecture": "architecture",
    "the page cache": "cache_policy",
    "the enforcement of memory": "memory_enforcement",
    "what the images are": "images",
}


def conditions(target: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, str | None]:
    """The conditions in words, by what they are of; None where the records do not say, or where there is none (AWS)."""
    return {what: target.get(key) for what, key in _TARGET.items()} | {"the machine": _machine(facts.get("machine"))}


def differences(a: Mapping[str, str | None], b: Mapping[str, str | None]) -> dict[str, tuple[str | None, str | None]]:
    """The conditions that are not the same in both."""
    return {what: (a.get(what), b.get(what)) for what in {**a, **b} if a.get(what) != b.get(what)}


def _machine(facts: Mapping[str, Any] | None) -> str | None:
    """The machine without what changes with each start; memory in whole GB, as kernels keep a little back."""
    if not isinstance(facts, Mapping) or not facts:
        return None
    memory = facts.get("memory_gb")
    size = f"{memory:.0f} GB" if isinstance(memory, int | float) else "memory not known"
    idle = facts.get("idle_memory")
    return f"{facts.get('cpu')}, {facts.get('cores')} cores, {size}" + (f", idle memory {idle}" if idle else "")
