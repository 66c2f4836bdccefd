"""ModernBERT: rotary positions, layers that begin with their LayerNorm, and a gated feed-forward part.

Some layers have a sliding window, and in the others every token sees every other one; rotary positions have another
base in each kind. Warner et al., "Smarter, Better, Faster, Longer: A Modern Bidirectional Encoder", arXiv 2412.13663.
What is missing in `config.json` has the value of transformers' ModernBertConfig.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model.base import documents
from model.base.errors import UnsupportedModel
from model.families import Family, Style

UNLIMITED, LIMITED = "full_attention", "sliding_attention"
BASES = {UNLIMITED: ("global_rope_theta", 160_000.0), LIMITED: ("local_rope_theta", 10_000.0)}
"""The older name of each kind's base in `config.json`, and its default."""
LOCAL = 128  # tokens, two-sided
EVERY = 3  # of so many layers, one is unlimited
FIELDS = {"hidden_act": "hidden_activation", "layer_norm_eps": "norm_eps"}
ONLY: Mapping[str, tuple[object, ...]] = {
    "head_dim": (None,),
    "sliding_window": (None,),  # it would overrule local_attention
    "rope_scaling": (None,),
}


def _window(config: Mapping[str, Any]) -> int:
    if LIMITED not in _kinds(config):
        return 0
    local = config.get("local_attention", LOCAL)
    if type(local) is not int or local < 2:
        raise UnsupportedModel(f"local_attention is {documents.shown(local)}; a number from 2 on is needed")
    return local // 2 * 2  # a token sees local // 2 tokens on either side


def _style(config: Mapping[str, Any]) -> Style:
    kinds = _kinds(config)
    bases = {kind: _base(config, kind) for kind in sorted(set(kinds))}
    return Style(
        norm_first=True,
        gated=True,
        attention_bias=_flag(config, "attention_bias"),
        feed_forward_bias=_flag(config, "mlp_bias"),
        norm_bias=_flag(config, "norm_bias"),
        rotary=tuple(bases[kind] for kind in kinds),
        unlimited=frozenset(at for at, kind in enumerate(kinds) if kind == UNLIMITED),
    )


def _kinds(config: Mapping[str, Any]) -> list[str]:
    """The kind of each layer: as listed, or by a rule, as in older files."""
    count, listed = int(config["num_hidden_layers"]), config.get("layer_types")
    if listed is None:
        every = config.get("global_attn_every_n_layers", EVERY)
        if type(every) is not int or every < 1:
            raise UnsupportedModel(f"global_attn_every_n_layers is {documents.shown(every)}; 1 or more is needed")
        return [LIMITED if at % every else UNLIMITED for at in range(count)]
    if not isinstance(listed, list) or len(listed) != count or not all(kind in (UNLIMITED, LIMITED) for kind in listed):
        raise UnsupportedModel(
            f"layer_types is {documents.shown(listed)}; {UNLIMITED} or {LIMITED} for each of {count} layers is needed"
        )
    return listed


def _base(config: Mapping[str, Any], kind: str) -> float:
    """The base of the rotary positions in layers of this kind."""
    older, default = BASES[kind]
    given = config.get("rope_parameters") or {}
    own = given.get(kind) or {} if isinstance(given, dict) and not set(given) - set(BASES) else None
    if not isinstance(own, dict) or set(own) - {"rope_theta", "rope_type"}:
        raise UnsupportedModel(
            f"rope_parameters is {documents.shown(given)}; a rope_theta for each of {[*BASES]} works"
        )
    if own.get("rope_type", "default") != "default":
        raise UnsupportedModel(f"rope_type is {documents.shown(own['rope_type'])}; only 'default' is supported")
    base = own.get("rope_theta", config.get(older, default))
    if type(base) not in (int, float) or not 1 < base < 1e30:
        raise UnsupportedModel(f"the rope_theta of {kind} is {documents.shown(base)}; a number above 1 is needed")
    return float(base)


def _flag(config: Mapping[str, Any], name: str) -> bool:
    value = config.get(name, False)
    if type(value) is not bool:
        raise UnsupportedModel(f"{name} is {documents.shown(value)}; true or false is needed")
    return value


FAMILY = Family(
    "modernbert",
    ("modernbert",),
    padding_takes_a_position=True,
    window=_window,
    style=_style,
    fields=FIELDS,
    only=ONLY,
    layer_norm_eps=1e-5,
    token_types=False,
    prefix="model",
)
