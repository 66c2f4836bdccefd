"""The model families that a bundle can be built from: one file each, found because it is in this folder.

A new file needs a `FAMILY`. All families share BERT's layers; they may differ in which tokens take a position, in how
far a token sees, in what `config.json` calls their dimensions, and in a bias for how far apart two tokens are.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any


def sees_everything(config: Mapping[str, Any]) -> int:
    """The window of a family that has none: 0."""
    return 0


@dataclass(frozen=True)
class Family:
    """What sets a family apart. `name` is the class in transformers that reads its checkpoints.

    `model_types` are this family's names in `config.json`. `window` reads the two-sided attention window
    in tokens (0: none) from `config.json`; raises UnsupportedModel. If `padding_takes_a_position`, positions simply
    count from 0; else they count from pad_token_id + 1, past the padding. `fields` has the family's own
    names of fields of `config.json`, by BERT's, and `fixed` the values of those that its class does not read.
    `token_types` says whether it has their table. `relative_buckets` is the number of distances that attention tells
    apart, 0 for none.
    """

    name: str
    model_types: tuple[str, ...]
    padding_takes_a_position: bool
    window: Callable[[Mapping[str, Any]], int] = sees_everything
    fields: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, object] = field(default_factory=dict)
    token_types: bool = True
    relative_buckets: int = 0

    def read(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """`config.json` under BERT's names."""
        renamed = {name: config[own] for name, own in self.fields.items() if own in config}
        return {**{name: value for name, value in config.items() if name not in self.fields}, **renamed, **self.fixed}


@cache
def by_model_type() -> dict[str, Family]:
    """The families of this folder, by each `model_type` that they read."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return {model_type: module.FAMILY for module in modules for model_type in module.FAMILY.model_types}
