"""Reads JSON files of a checkpoint up to a size, so that a foreign file cannot take the machine's memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from model.base.errors import UnsupportedModel

LARGEST = 1 << 20  # bytes; a config.json has a few thousand


def read(path: Path, name: str) -> Any:
    """The content of the JSON file at `path`; raises UnsupportedModel, which calls it `name`, if it is not one."""
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise UnsupportedModel(f"{name} has more than {LARGEST:,} bytes: that is not a description of a model")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UnsupportedModel(f"{name} is not valid JSON: {error}") from None
