"""Reads how a Pooling module of sentence-transformers makes one vector of an encoder's rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model.base import documents
from model.base.errors import UnsupportedModel
from model.checkpoints.finding import Find

POOLINGS = {
    "cls": "the first row",
    "mean": "the mean of all rows",
    "max": "the largest value of each column",
    "weightedmean": "the mean of all rows, weighted by 1 to n",
    "lasttoken": "the last row",
}
"""What a bundle's vector is made of, in words, by the name of the pooling."""
FLAGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
"""The modes by the flags of older files."""
MODE = "pooling_mode"
OTHER = {"embedding_dimension", "word_embedding_dimension", "include_prompt"}  # no prompt is supported, so none counts
SAME = {"mean_sqrt_len_tokens": "mean"}  # the same vector but for its length, which a cosine does not see


def read(find: Find, name: str) -> str:
    """The pooling that the file `name` states, one of POOLINGS; raises UnsupportedModel."""
    path = find(name)
    if not path:
        raise UnsupportedModel(f"it has no {name}, which says how its vectors are made: fetch the whole checkpoint")
    fields = documents.fields(documents.read(path, name), name)
    unknown = sorted(set(fields) - {MODE, *FLAGS, *OTHER})
    if unknown:
        raise UnsupportedModel(f"{name} has {documents.shown(unknown)}, which is not known here")
    modes = _modes(fields)
    mode = modes[0] if len(modes) == 1 else None
    mode = SAME.get(mode, mode) if isinstance(mode, str) else None
    if mode not in POOLINGS:
        raise UnsupportedModel(f"{name} says {documents.shown(modes)}; one of {', '.join(POOLINGS)} is supported")
    return mode


def _modes(fields: Mapping[str, Any]) -> list[Any]:
    """All modes that are chosen; sentence-transformers takes the mean where none is."""
    if MODE in fields:
        said = fields[MODE]
        return list(said) if isinstance(said, list) else [said]
    return [mode for flag, mode in FLAGS.items() if fields.get(flag)] or ["mean"]
