"""Reads JSON files of a checkpoint up to a size, so that a foreign file cannot take the machine's memory."""

from __future__ import annotations

import json
import reprlib
from pathlib import Path
from typing import Any

from model.base.errors import UnsupportedModel

LARGEST = 1 << 20  # bytes; a config.json has a few thousand

_REPR = reprlib.Repr()
_REPR.maxstring = _REPR.maxother = _REPR.maxlong = 80
shown = _REPR.repr
"""A value of a foreign file for a message: short, and without characters that a terminal obeys."""


def read(path: Path, name: str, largest: int = LARGEST) -> Any:
    """The content of the JSON file at `path`; raises UnsupportedModel, which calls it `name`, if it is not one."""
    with path.open("rb") as file:
        data = file.read(largest + 1)
    if len(data) > largest:
        raise UnsupportedModel(f"{name} has more than {largest:,} bytes: that is not a description of a model")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UnsupportedModel(f"{name} is not valid JSON: {error}") from None


def fields(document: Any, name: str) -> dict[str, Any]:
    """`document` as a JSON object; raises UnsupportedModel, which calls it `name`, if it is not one."""
    if not isinstance(document, dict):
        raise UnsupportedModel(f"{name} is not a JSON object")
    return document
