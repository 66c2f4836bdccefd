"""Makes the JSON Schemas of a line of results.jsonl and of one of load.jsonl, from the records themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from bench.runs import load_file
from bench.runs.records import READERS, SCHEMA
from bench.runs.store import LOAD, RESULTS

_LATER = "Fields that are not named here may be added; ignore them."


def results_schema() -> dict[str, Any]:
    """The schema (JSON Schema 2020-12) of a run. A line that a run wrote fits exactly one kind of record."""
    return _schema(RESULTS, f"Version {SCHEMA} of the records. {_LATER}", READERS)


def load_schema() -> dict[str, Any]:
    """The same of a load, whose first line is of the kind `load`."""
    return _schema(LOAD, _LATER, {"load": load_file.HEADER, **load_file.READERS})


def _schema(file: str, description: str, readers: Mapping[str, TypeAdapter[Any]]) -> dict[str, Any]:
    inputs: list[Any] = [(kind, "validation", adapter) for kind, adapter in readers.items()]
    referred, whole = TypeAdapter.json_schemas(inputs)
    kinds = [
        {
            "type": "object",
            "properties": {"kind": {"const": kind}},
            "required": ["kind"],
            **referred[kind, "validation"],
        }
        for kind in readers
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A line of {file}",
        "description": description,
        "oneOf": kinds,
        "$defs": whole["$defs"],
    }
