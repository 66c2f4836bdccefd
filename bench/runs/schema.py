"""Makes the JSON Schema of a line of results.jsonl from the records themselves."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from bench.runs.records import READERS, SCHEMA

TITLE = "A line of results.jsonl"


def schema() -> dict[str, Any]:
    """The schema (JSON Schema 2020-12). A line that a run wrote fits exactly one kind of record."""
    referred, shared = _schemas()
    kinds = [
        {"type": "object", "properties": {"kind": {"const": kind}}, "required": ["kind"], **reference}
        for kind, reference in referred.items()
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": TITLE,
        "description": f"Version {SCHEMA} of the records. Fields that are not named here may be added; ignore them.",
        "oneOf": kinds,
        "$defs": shared,
    }


def _schemas() -> tuple[dict[str, Any], dict[str, Any]]:
    """A reference to each kind's schema, and the definitions that they refer to."""
    inputs = [(kind, "validation", adapter) for kind, adapter in READERS.items()]
    referred, whole = TypeAdapter.json_schemas(inputs)  # type: ignore[arg-type]
    return {kind: referred[kind, "validation"] for kind in READERS}, whole["$defs"]
