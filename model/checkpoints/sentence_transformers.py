"""Reads what a sentence-transformers checkpoint says beyond its `config.json`: pooling, and the longest input.

`modules.json` lists the steps for a text: the encoder, its pooling and, where vectors have length 1, Normalize, which
makes no difference to a cosine. Any other step would change the vectors, so it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.base import documents
from model.base.errors import UnsupportedModel

Find = Callable[[str], Path | None]
"""The file of a checkpoint by its name in it, such as `1_Pooling/config.json`; None if it has no such file."""

MODULES = "modules.json"
POOLING = "1_Pooling/config.json"
LIMITS = "sentence_bert_config.json"
PLACE = re.compile(r"[\w-][\w. -]{0,99}|")
HARMLESS = {"Transformer", "Pooling", "Normalize"}
NAMES = {"pooling_mode_cls_token": "cls", "pooling_mode_mean_tokens": "mean", "cls": "cls", "mean": "mean"}


@dataclass(frozen=True)
class Sentence:
    """`pooling` is "cls", "mean" or, if not stated, ""; `max_tokens` is 0 if not stated."""

    pooling: str
    max_tokens: int


def read(find: Find) -> Sentence:
    """Read these files; raises UnsupportedModel if the checkpoint needs a step that the service lacks."""
    modules = _document(find, MODULES, [])
    try:
        types = {str(module["type"]).rpartition(".")[2]: str(module["path"]) for module in modules}
        if not set(types) <= HARMLESS:
            unknown = ", ".join(sorted(set(types) - HARMLESS))
            raise UnsupportedModel(f"{MODULES} has {unknown}; only {', '.join(sorted(HARMLESS))} are supported")
        if types.get("Transformer"):
            raise UnsupportedModel(f"{MODULES} keeps the encoder in {types['Transformer']}: name that directory")
        if not all(PLACE.fullmatch(path) for path in types.values()):
            raise UnsupportedModel(f"{MODULES} names a folder that is not one of the checkpoint's own")
        place = f"{types['Pooling']}/config.json" if "Pooling" in types else POOLING
        return Sentence(
            _pooling(_document(find, place, {}), place), int(_document(find, LIMITS, {}).get("max_seq_length") or 0)
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise UnsupportedModel(f"{MODULES} or what it names cannot be used: {type(error).__name__}: {error}") from None


def _pooling(fields: dict[str, Any], name: str) -> str:
    """Older versions write a flag for each mode, newer ones the mode's name."""
    modes = [mode for mode, chosen in fields.items() if mode.startswith("pooling_mode_") and chosen is True]
    if isinstance(fields.get("pooling_mode"), str):
        modes.append(fields["pooling_mode"])
    poolings = {NAMES.get(mode) for mode in modes}
    if None in poolings or len(poolings) > 1:
        raise UnsupportedModel(f"{name} says {' and '.join(modes)}; cls or mean of the tokens is supported")
    return poolings.pop() or "" if poolings else ""


def _document(find: Find, name: str, nothing: Any) -> Any:
    path = find(name)
    return documents.read(path, name) if path else nothing
