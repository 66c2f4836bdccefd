"""Takes a checkpoint into a bundle: its configuration, tokenizer and weights, and what else it says of itself."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from contract.bundle import CONFIG, TOKENIZER, WEIGHTS
from model.base import documents
from model.base.errors import BuildError, UnsupportedModel
from model.checkpoints import sentence_transformers, tokenizer, weights
from model.checkpoints.architecture import Architecture
from model.checkpoints.finding import Find, below, fetched
from similarity.bundle.safetensors_header import Header

ADAPTER = "adapter_config.json"


@dataclass(frozen=True)
class Said:
    """What a checkpoint says beside its `config.json`: `pooling`, "" if not stated, and `max_tokens`, 0 if not."""

    pooling: str = ""
    max_tokens: int = 0


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint whose files lie in a work directory. `origin` is what the manifest calls `weights`."""

    origin: str
    model: str
    revision: str
    said: Said


def copy(model: str, find: Find, work: Path) -> Said:
    """Put config.json, tokenizer.json and model.safetensors into `work`.

    Raises UnsupportedModel, if possible by config.json before the weights are fetched, and BuildError for a missing
    file.
    """
    find = fetched(find)
    sentence = sentence_transformers.read(find)
    of = below(find, sentence.folder)
    config = of(CONFIG)
    if not config:
        raise BuildError(
            f"{model} cannot be used: it has no {CONFIG}: name a checkpoint with its weights as safetensors"
        )
    if of(ADAPTER):
        raise UnsupportedModel(f"it has {ADAPTER}: merge the adapter into its model, and save that")
    shutil.copyfile(config, work / CONFIG)
    shape(work, "cls")
    made = tokenizer.take(model, of, sentence.limits.lower, work / TOKENIZER)
    weights.copy(model, of, work / WEIGHTS)
    return Said(sentence.pooling, sentence.limits.max_tokens or made.max_tokens)


def shape(work: Path, pooling: str) -> Architecture:
    """The shape that config.json describes; raises UnsupportedModel."""
    return Architecture.from_config(documents.fields(documents.read(work / CONFIG, CONFIG), CONFIG), pooling)


def check(shape: Architecture, header: Header, work: Path) -> None:
    """Raise UnsupportedModel if the tensors or the tokenizer do not fit config.json."""
    weights.check(shape, header)
    tokenizer.check(work / TOKENIZER, shape.vocabulary)
