"""Takes a checkpoint into a bundle: its three files, unmodified, and what else it says of itself."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from contract.bundle import CONFIG, TOKENIZER, WEIGHTS
from model.base import documents
from model.base.errors import BuildError, UnsupportedModel
from model.checkpoints import sentence_transformers, tokenizer
from model.checkpoints.architecture import Architecture
from model.checkpoints.sentence_transformers import Find, Sentence
from similarity.bundle import safetensors_header
from similarity.bundle.encoder_tensors import find
from similarity.bundle.safetensors_header import Header

LFS_POINTER = b"version https://git-lfs"


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint whose files lie in a work directory. `origin` is what the manifest calls `weights`."""

    origin: str
    model: str
    revision: str
    sentence: Sentence


def copy(model: str, of: Find, work: Path) -> Sentence:
    """Copy config.json, tokenizer.json and model.safetensors to `work`.

    Raises UnsupportedModel, if possible by config.json before the weights are fetched, and BuildError for a missing
    file.
    """

    def needed(name: str) -> Path:
        path = of(name)
        if path is None:
            raise BuildError(f"{model} cannot be used: it has no {name}")
        return path

    shutil.copyfile(needed(CONFIG), work / CONFIG)
    shape(work, "cls")
    said = sentence_transformers.read(of)
    tokenizer.copy(model, of, work / TOKENIZER)
    shutil.copyfile(needed(WEIGHTS), work / WEIGHTS)
    return said


def shape(work: Path, pooling: str) -> Architecture:
    """The shape that config.json describes; raises UnsupportedModel."""
    fields = documents.read(work / CONFIG, CONFIG)
    if not isinstance(fields, dict):
        raise UnsupportedModel(f"{CONFIG} is not a JSON object")
    return Architecture.from_config(fields, pooling)


def header(work: Path) -> tuple[bytes, Header]:
    """The start of the weights file, up to its first tensor, and the parsed header; raises UnsupportedModel.

    The usual fault is a download that was cut off: the file must end where its last tensor does.
    """
    path = work / WEIGHTS
    with path.open("rb") as file:
        start = file.read(safetensors_header.PREFIX + safetensors_header.MAX_HEADER)
    if start.startswith(LFS_POINTER):
        raise UnsupportedModel(f"{WEIGHTS} is a pointer of Git LFS, not the weights: fetch them with `git lfs pull`")
    try:
        start = start[: safetensors_header.header_size(start)]
        found = safetensors_header.parse(start)
    except safetensors_header.DamagedHeader as error:
        raise UnsupportedModel(f"{WEIGHTS} is damaged: {error}") from None
    if found.file_size != path.stat().st_size:
        raise UnsupportedModel(
            f"{WEIGHTS} is damaged: it has {path.stat().st_size} bytes, its header says {found.file_size}; "
            "was its download cut off?"
        )
    return start, found


def check(shape: Architecture, header: Header, work: Path) -> None:
    """Raise UnsupportedModel if the embedding tables or the tokenizer do not fit config.json."""
    check_tables(shape, header)
    tokenizer.check(work / TOKENIZER, shape.vocabulary)


def check_tables(shape: Architecture, header: Header) -> None:
    """Raise UnsupportedModel if the embedding tables do not fit config.json."""
    tables = {"word": shape.vocabulary, "position": shape.positions, "token_type": 1}
    for kind, rows in tables.items():
        name = f"embeddings.{kind}_embeddings.weight"
        try:
            tensor = find(header, name)
        except KeyError:
            raise UnsupportedModel(f"{WEIGHTS} has no tensor {name}") from None
        if tensor.dtype != "F32":
            raise UnsupportedModel(f"tensor {name} is {tensor.dtype}; only F32 is supported")
        if tensor.shape[1:] != (shape.hidden,) or tensor.shape[0] < rows:
            raise UnsupportedModel(f"tensor {name} has shape {tensor.shape}; config.json says ({rows}, {shape.hidden})")
