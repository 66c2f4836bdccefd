"""Makes the tables of docs/configuration.md: keys, how many models the routes are enough for, variables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from contract.checkout import ROOT
from contract.environment import VARIABLES
from contract.limits import API_ROUTES
from contract.route_keys import PAGE, encoder_keys, search_keys
from contract.storages import USUAL
from tools.generated import table

PROJECT = ROOT / "Pulumi.yaml"


def keys(project: Path = PROJECT) -> str:
    """The keys of the project's configuration."""
    schema = yaml.safe_load(project.read_text())["config"]
    rows = [
        (f"`{key}`", str(entry["type"]), _default(entry["default"]), str(entry["description"]))
        for key, entry in schema.items()
    ]
    return table(("key", "type", "default", "what it is"), rows)


def models() -> str:
    """How many models, the first one included, an HTTP API has routes for."""
    rows = [
        (str(storages), str(_models(storages, 0)), str(_models(storages, 1))) for storages in range(1, len(USUAL) + 1)
    ]
    made = table(("backends", "models", "models with `corsOrigins`"), rows)
    return (
        f"An HTTP API has {API_ROUTES} routes unless AWS raises that. "
        f"So many models, the first one included, have room in it:\n\n{made}"
    )


def routes(storages: int, preflights: int) -> int:
    """How many routes a model has on so many storages: below each path, and below the default one's."""
    below = len([*encoder_keys("/NAME"), *search_keys("/NAME")]) + preflights
    return (storages + 1) * below


def environment() -> str:
    """The environment variables of the functions."""
    rows = [(f"`{each.name}`", each.set_by, each.read_by, each.meaning) for each in VARIABLES]
    return table(("variable", "set by", "read by", "what it is"), rows)


def _models(storages: int, preflights: int) -> int:
    return (API_ROUTES - len(PAGE)) // routes(storages, preflights)


def _default(value: Any) -> str:
    return "" if value in ("", [], {}) else f"`{value if isinstance(value, str) else json.dumps(value)}`"
