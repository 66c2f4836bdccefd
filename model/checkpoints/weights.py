"""Takes a checkpoint's weights as one safetensors file: a copy, or its shards put together. Checks what they hold."""

from __future__ import annotations

import json
import re
import shutil
import struct
from collections.abc import Mapping
from pathlib import Path

from contract.bundle import WEIGHTS
from model.base import documents
from model.base.errors import BuildError, UnsupportedModel
from model.checkpoints.architecture import Architecture
from model.checkpoints.finding import Find
from similarity.bundle import safetensors_header
from similarity.bundle.encoder_tensors import find as find_tensor
from similarity.bundle.encoder_tensors import parts, prefix_of, shared_names
from similarity.bundle.safetensors_header import Header, Tensor

SHARDS = f"{WEIGHTS}.index.json"
PICKLED = ("pytorch_model.bin", "pytorch_model.bin.index.json")
MOST_SHARDS = 1000
_CHUNK = 1 << 24  # bytes copied at a time
_CONVERT = (
    "from transformers import AutoModel; m = AutoModel.from_pretrained('DIRECTORY'); m.save_pretrained('DIRECTORY')"
)


def copy(model: str, of: Find, target: Path) -> None:
    """Write the checkpoint's weights to `target`.

    Raises BuildError if it has none as safetensors, UnsupportedModel for shards that do not fit together.
    """
    whole = of(WEIGHTS)
    if whole:
        shutil.copyfile(whole, target)
        return
    index = of(SHARDS)
    if index:
        _join(of, _names(documents.read(index, SHARDS, safetensors_header.MAX_HEADER)), target)
        return
    pickled = next((name for name in PICKLED if of(name)), None)
    if pickled:
        raise BuildError(
            f"{model} cannot be used: it has its weights as {pickled}, a pickle, which may hold code and is never read "
            f'here: convert it where PyTorch is installed, with `python -c "{_CONVERT}"` and its own directory'
        )
    raise BuildError(f"{model} cannot be used: it has no {WEIGHTS}: name a checkpoint with its weights as safetensors")


def header(path: Path, name: str = WEIGHTS) -> tuple[bytes, Header]:
    """The start of a safetensors file, up to its first tensor, and the parsed header; raises UnsupportedModel.

    The usual fault is a download that was cut off: the file must end where its last tensor does.
    """
    with path.open("rb") as file:
        start = file.read(safetensors_header.PREFIX + safetensors_header.MAX_HEADER)
    try:
        start = start[: safetensors_header.header_size(start)]
        found = safetensors_header.parse(start)
    except safetensors_header.DamagedHeader as error:
        raise UnsupportedModel(f"{name} is damaged: {error}") from None
    if found.file_size != path.stat().st_size:
        raise UnsupportedModel(
            f"{name} is damaged: it is {path.stat().st_size} bytes long, its header says {found.file_size}; "
            "was its download cut off?"
        )
    return start, found


def _names(index: object) -> Mapping[str, str]:
    """The shard of each tensor; raises UnsupportedModel for an index that names anything but files beside it."""
    wanted = documents.fields(index, SHARDS).get("weight_map")
    shards = documents.fields(wanted, f"weight_map in {SHARDS}")
    for name in shards.values():
        if not isinstance(name, str) or not name.endswith(".safetensors") or Path(name).name != name or "\0" in name:
            raise UnsupportedModel(f"{SHARDS} names {documents.shown(name)}, which is not a safetensors file beside it")
    if not shards or len(set(shards.values())) > MOST_SHARDS:
        raise UnsupportedModel(f"{SHARDS} names {len(set(shards.values()))} files; 1 to {MOST_SHARDS} are read")
    return shards


def _join(of: Find, wanted: Mapping[str, str], target: Path) -> None:
    """Write the tensors of all shards into one file, in the order of the shards, without holding any of them."""
    parts: list[tuple[Path, Tensor]] = []
    tensors: dict[str, Tensor] = {}
    for shard in sorted(set(wanted.values())):
        path = of(shard)
        if not path:
            raise UnsupportedModel(f"{SHARDS} names {shard}, which is not there: fetch it, too")
        held = header(path, shard)[1].tensors
        if set(held) != {name for name, place in wanted.items() if place == shard}:
            raise UnsupportedModel(f"{shard} does not hold the tensors that {SHARDS} says")
        for name, tensor in sorted(held.items(), key=lambda item: (item[1].offset, item[1].end)):
            parts.append((path, tensor))
            tensors[name] = tensor
    with target.open("wb") as joined:
        joined.write(describe(tensors))
        for path, tensor in parts:
            with path.open("rb") as file:
                file.seek(tensor.offset)
                left = tensor.size
                while left:
                    chunk = file.read(min(left, _CHUNK))
                    if not chunk:
                        raise UnsupportedModel(f"{path.name} changed while it was read")
                    left -= joined.write(chunk)


def describe(tensors: Mapping[str, Tensor]) -> bytes:
    """The header of a file that holds these tensors one after the other."""
    entries, offset = {}, 0
    for name, tensor in tensors.items():
        entries[name] = {"dtype": tensor.dtype, "shape": tensor.shape, "data_offsets": (offset, offset + tensor.size)}
        offset += tensor.size
    text = json.dumps({safetensors_header.METADATA: {"format": "pt"}, **entries}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


def check(shape: Architecture, header: Header) -> None:
    """Raise UnsupportedModel if a tensor does not fit config.json, or could be one of two."""
    _check_names(shape, header)
    _check_shapes(shape, header)
    tables = {"word": shape.vocabulary}
    if not shape.style.rotary:
        tables["position"] = shape.positions
    if shape.token_types:
        tables["token_type"] = 1
    if shape.relative_buckets:
        _check_bias(shape, header)
    for kind, rows in tables.items():
        name = f"embeddings.{kind}_embeddings.weight"
        try:
            tensor = find_tensor(header, name)
        except KeyError:
            raise UnsupportedModel(f"{WEIGHTS} has no tensor {name}") from None
        if tensor.dtype != "F32":
            raise UnsupportedModel(f"tensor {name} is {tensor.dtype}; only F32 is supported")
        if tensor.shape[1:] != (shape.hidden,) or tensor.shape[0] < rows:
            raise UnsupportedModel(f"tensor {name} has shape {tensor.shape}; config.json says ({rows}, {shape.hidden})")


def _check_bias(shape: Architecture, header: Header) -> None:
    name = "encoder.relative_attention_bias.weight"
    try:
        found = find_tensor(header, name).shape
    except KeyError:
        raise UnsupportedModel(f"{WEIGHTS} has no tensor {name}") from None
    if found != (shape.relative_buckets, shape.heads):
        raise UnsupportedModel(
            f"tensor {name} has shape {found}; ({shape.relative_buckets}, {shape.heads}) is supported"
        )


def _check_shapes(shape: Architecture, header: Header) -> None:
    """Raise UnsupportedModel for a tensor of a layer that has another shape than config.json says.

    onnxruntime would end with an error of its own or, where a shape of 1 can stand for any, compute something else.
    """
    wide, inner = shape.hidden, shape.intermediate
    dense = {"intermediate.dense": (inner, wide), "intermediate.gate": (inner, wide), "output.dense": (wide, inner)}
    for name, whole in header.tensors.items():
        for shared, tensor in parts(name, whole).items() if shared_names(name) else ():
            if shared.endswith("_embeddings.weight") or "relative_attention_bias" in shared:
                continue  # checked by themselves
            path, _, kind = re.sub(r"^encoder\.layer\.\d+\.", "", shared).rpartition(".")
            norm = path.lower().endswith("norm")
            rows = (wide,) if norm else dense.get(path, (wide, wide))
            wanted = rows if kind == "weight" else rows[:1]
            if tensor.shape != wanted:
                raise UnsupportedModel(
                    f"tensor {documents.shown(name)} has the shape {whole.shape}, which does not fit config.json: "
                    f"{wanted} is needed{' for each part' if tensor is not whole else ''}"
                )


def _check_names(shape: Architecture, header: Header) -> None:
    """Raise UnsupportedModel for tensors that transformers would not load, and for two of the same name."""
    seen: set[str] = set()
    for name, tensor in header.tensors.items():
        names = shared_names(name)
        if not names:
            continue
        if prefix_of(name) not in ("", shape.prefix):
            raise UnsupportedModel(
                f"tensor {documents.shown(name)} is not one of a {shape.family}: its names begin with {shape.prefix}. "
                "or with nothing"
            )
        if twice := seen.intersection(names):
            raise UnsupportedModel(f"{WEIGHTS} has two tensors {min(twice)}")
        seen.update(names)
        if tensor.dtype != "F32":
            raise UnsupportedModel(f"tensor {documents.shown(name)} is {tensor.dtype}; only F32 is supported")
        if not tensor.shape or tensor.shape[0] % len(names):
            raise UnsupportedModel(
                f"tensor {documents.shown(name)} has shape {tensor.shape}; it holds {len(names)} parts"
            )
