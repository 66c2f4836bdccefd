"""The model families that a bundle can be built from: one file each, found because it is in this folder.

A new file needs a `FAMILY`. All families share BERT's parts; they may differ in which tokens take a position, in how
far a token sees, in what `config.json` calls their dimensions, in a bias for how far apart two tokens are, and in the
style of their layers.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any


@dataclass(frozen=True)
class Style:
    """How layers are made; BERT's are the default.

    `norm_first`: attention and feed-forward part begin with their LayerNorm, and do not end with it; only the first
    attention has none, and one more follows all layers. `gated`: the feed-forward part is multiplied by a second
    projection of its input. `attention_bias`, `feed_forward_bias` and `norm_bias` say what has biases. `rotary` has the
    base of the rotary positions in each layer, and is empty if positions have a table. `unlimited` are the layers in
    which a window does not count.
    """

    norm_first: bool = False
    gated: bool = False
    attention_bias: bool = True
    feed_forward_bias: bool = True
    norm_bias: bool = True
    rotary: tuple[float, ...] = ()
    unlimited: frozenset[int] = frozenset()


BERT_STYLE = Style()


def sees_everything(config: Mapping[str, Any]) -> int:
    """The window of a family that has none: 0."""
    return 0


def like_bert(config: Mapping[str, Any]) -> Style:
    """The style of a family whose layers are BERT's."""
    return BERT_STYLE


@dataclass(frozen=True)
class Family:
    """What sets a family apart. `name` is the class in transformers that reads its checkpoints.

    `model_types` are this family's names in `config.json`. `window` and `style` read the two-sided attention window
    in tokens (0: none) and the style of the layers from `config.json`; both raise UnsupportedModel. If
    `padding_takes_a_position`, positions simply count from 0; else they count from pad_token_id + 1, past the padding.
    `fields` has the family's own names of fields of `config.json`, by BERT's, `fixed` the values of those that its
    class does not read, and `only` further fields with the values that the graph implements. `token_types` says whether
    it has their table. `relative_buckets` is the number of distances that attention tells apart, 0 for none.
    `layer_norm_eps` counts where `config.json` does not say it. `prefix` is what precedes the tensors' names in a
    checkpoint with the head of a task, "" for the name.
    """

    name: str
    model_types: tuple[str, ...]
    padding_takes_a_position: bool
    window: Callable[[Mapping[str, Any]], int] = sees_everything
    style: Callable[[Mapping[str, Any]], Style] = like_bert
    fields: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, object] = field(default_factory=dict)
    only: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    token_types: bool = True
    relative_buckets: int = 0
    layer_norm_eps: float = 1e-12
    prefix: str = ""

    def read(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """`config.json` under BERT's names."""
        renamed = {name: config[own] for name, own in self.fields.items() if own in config}
        return {**{name: value for name, value in config.items() if name not in self.fields}, **renamed, **self.fixed}


@cache
def by_model_type() -> dict[str, Family]:
    """The families of this folder, by each `model_type` that they read."""
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return {model_type: module.FAMILY for module in modules for model_type in module.FAMILY.model_types}
