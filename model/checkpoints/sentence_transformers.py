"""Reads what a sentence-transformers checkpoint says beyond its `config.json`, or says what of it cannot be done here.

`modules.json` lists the steps for a text: the encoder, its pooling and, where vectors have length 1, Normalize, which
makes no difference to a cosine. Beside it, `config_sentence_transformers.json` may put a prompt before each text and
choose how vectors are compared. Everything that changes a vector or a rank is applied or refused: a field that is not
known here may be one that does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model.base import documents
from model.base.errors import UnsupportedModel
from model.checkpoints import pooling
from model.checkpoints.finding import Find, below
from model.checkpoints.limits import LIMITS, NO_LIMITS, Limits, read_limits

MODULES = "modules.json"
POOLING = "1_Pooling/config.json"
SETTINGS = "config_sentence_transformers.json"
ENCODER, POOL, NORMALIZE = "Transformer", "Pooling", "Normalize"
HARMLESS = {NORMALIZE, "Dropout"}  # after the pooling; Dropout does nothing outside of training
_PLACE = re.compile(r"[\w-][\w. -]{0,99}|")
_OWN = re.compile(r"sentence_transformers\.(?:\w+\.)*(\w+)")


@dataclass(frozen=True)
class Sentence:
    """`folder` has the encoder, "" is the checkpoint's own; `pooling` is "" if not stated."""

    pooling: str = ""
    folder: str = ""
    limits: Limits = NO_LIMITS


def read(find: Find) -> Sentence:
    """Read these files; raises UnsupportedModel if the checkpoint needs a step that the service lacks."""
    listed = find(MODULES)
    if not listed:
        _check_plain(find)
        return Sentence()
    modules = documents.read(listed, MODULES)
    if not isinstance(modules, list) or not modules:
        raise UnsupportedModel(f"{MODULES} is not a list of modules")
    steps = [_step(module) for module in modules]
    _check_steps([name for name, _ in steps])
    _check_settings(find, [name for name, _ in steps])
    folder = steps[0][1]
    place = steps[1][1]
    return Sentence(
        pooling.read(find, f"{place}/config.json" if place else "config.json"), folder, read_limits(below(find, folder))
    )


def _check_plain(find: Find) -> None:
    """Without modules.json none of the other files counts, so one that is there means that a part was left behind."""
    for name in (POOLING, SETTINGS, LIMITS[0]):
        if find(name):
            raise UnsupportedModel(f"it has {name}, but not {MODULES}, which says what that is for: fetch it, too")


def _step(module: Any) -> tuple[str, str]:
    """The class of a module and its folder."""
    fields = documents.fields(module, f"a module of {MODULES}")
    kind, path = fields.get("type"), fields.get("path")
    if not isinstance(kind, str) or not isinstance(path, str):
        raise UnsupportedModel(f"{MODULES} cannot be used: each module needs a type and a path")
    if not _PLACE.fullmatch(path):
        raise UnsupportedModel(f"{MODULES} names a folder that is not one of the checkpoint's own")
    own = _OWN.fullmatch(kind)
    if not own:
        raise UnsupportedModel(f"{MODULES} has {documents.shown(kind)}, whose code is not sentence-transformers' own")
    return own[1], path


def _check_steps(names: Sequence[str]) -> None:
    known = {ENCODER, POOL, *HARMLESS}
    unknown = sorted(set(names) - known)
    if unknown:
        raise UnsupportedModel(
            f"{MODULES} has {documents.shown(unknown)}; only {', '.join(sorted(known))} are supported"
        )
    if list(names[:2]) != [ENCODER, POOL] or not set(names[2:]) <= HARMLESS:
        raise UnsupportedModel(
            f"{MODULES} has {', '.join(names)}; one {ENCODER}, then one {POOL}, then {' or '.join(sorted(HARMLESS))} "
            "is supported"
        )


def _check_settings(find: Find, steps: Sequence[str]) -> None:
    """Raise UnsupportedModel for a prompt, another comparison than by cosine, or another kind of model."""
    path = find(SETTINGS)
    if not path:
        return
    settings = documents.fields(documents.read(path, SETTINGS), SETTINGS)
    known = {"__version__", "prompts", "default_prompt_name", "similarity_fn_name", "model_type"}
    unknown = sorted(set(settings) - known)
    if unknown:
        raise UnsupportedModel(f"{SETTINGS} has {documents.shown(unknown)}, which is not known here")
    kind = settings.get("model_type", "SentenceTransformer")
    if kind != "SentenceTransformer":
        said = documents.shown(kind)
        raise UnsupportedModel(f"{SETTINGS} has the model_type {said}; only 'SentenceTransformer' is supported")
    _check_prompt(settings)
    # Vectors of length 1 have the same order by dot product and by distance as by cosine.
    same = {None, "cosine", *(("dot", "euclidean") if NORMALIZE in steps else ())}
    similarity = settings.get("similarity_fn_name")
    if not isinstance(similarity, str | None) or similarity not in same:
        raise UnsupportedModel(
            f"{SETTINGS} has the similarity_fn_name {documents.shown(similarity)}; incidents are ranked by cosine"
        )


def _check_prompt(settings: Mapping[str, Any]) -> None:
    name = settings.get("default_prompt_name")
    if name is None:
        return
    prompts = documents.fields(settings.get("prompts") or {}, f"prompts in {SETTINGS}")
    if not isinstance(name, str) or name not in prompts:
        raise UnsupportedModel(f"{SETTINGS} has the default_prompt_name {documents.shown(name)}, but no such prompt")
    if prompts[name]:
        raise UnsupportedModel(
            f"{SETTINGS} puts the prompt {documents.shown(prompts[name])} before each text (its default_prompt_name), "
            "which is not supported"
        )
