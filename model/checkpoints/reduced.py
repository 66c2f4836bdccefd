"""Writes a checkpoint's weights anew in fp16 or int8: only what an answer reads, under BERT's names.

In int8 a dense layer's matrix has a scale for each output column: `weight`, int8[inputs, outputs], times `scale`,
float32[outputs], is the matrix. Whole numbers reach from -LEVELS to LEVELS alone: a processor without instructions for
int8 (VNNI) adds two products of an unsigned and a signed byte in 16 bits, and 2 * 255 * 64 is the most that fits. So
every processor computes the same sums. The rows of embedding tables are float16; LayerNorm, biases and MPNet's bias of
attention stay float32.
"""

from __future__ import annotations

import math
import mmap
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from contract.precisions import INT8
from model.base.errors import UnsupportedModel
from model.base.progress import Step
from model.checkpoints import weights
from similarity.bundle.encoder_tensors import layer_of, parts, shared_names
from similarity.bundle.safetensors_header import Header, Tensor

LEVELS = 64
_DENSE = re.compile(r"encoder\.layer\.\d+\.(?!.*(?:LayerNorm|_norm)\.).*\.weight")
_TABLE = re.compile(r"embeddings\.[a-z_]+_embeddings\.weight")
_BYTES = {"F32": 4, "F16": 2, "I8": 1}


class _Part(NamedTuple):
    """A tensor to write: `name` and `dtype` there, and the float32 `source` that it is made of."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    source: Tensor


def quantise(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Make int8[inputs, outputs] and its scales, float32[outputs], of float32[outputs, inputs].

    Each number is off by at most half of its column's scale.
    """
    largest = np.abs(matrix).max(axis=1)
    scale = np.where(largest > 0, largest / np.float32(LEVELS), np.float32(1)).astype(np.float32)
    scale = np.maximum(scale, np.finfo(np.float32).tiny)  # of numbers so small that their LEVELS-th is 0
    return np.ascontiguousarray(np.rint(matrix / scale[:, np.newaxis]).astype(np.int8).T), scale


def write(header: Header, source: Path, target: Path, precision: str, progress: Step) -> None:
    """Write the tensors of `source`, a checkpoint with this header, to `target`; calls `progress(bytes done, in all)`.

    Raises UnsupportedModel, which names the tensor, for numbers that the precision cannot hold.
    """
    planned = _ordered(header, precision)
    total = sum(map(_size, planned))
    with (
        source.open("rb") as file,
        mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as whole,
        target.open("wb") as made,
    ):
        made.write(described(header, precision))
        done = 0
        for part in planned:
            done += made.write(_converted(part, whole).tobytes())
            progress(done, total)


def described(header: Header, precision: str) -> bytes:
    """What `write` writes before the numbers: the header of a reduced checkpoint, from that of the checkpoint."""
    laid, offset = {}, 0
    for part in _ordered(header, precision):
        laid[part.name] = Tensor(part.dtype, part.shape, offset, _size(part))
        offset += _size(part)
    return weights.describe(laid)


def _ordered(header: Header, precision: str) -> list[_Part]:
    """All tensors as they follow one another, the widest numbers first, so that every number is aligned."""
    return sorted(_plan(header, precision), key=lambda part: -_BYTES[part.dtype])


def _size(part: _Part) -> int:
    return math.prod(part.shape) * _BYTES[part.dtype]


def _plan(header: Header, precision: str) -> Iterator[_Part]:
    """All tensors that an answer reads, in the order in which it does, and the tables of the embeddings at the end."""
    found: list[tuple[int, int, str, Tensor]] = []
    for own, whole in header.tensors.items():
        layer = layer_of(own)
        for name, tensor in parts(own, whole).items() if shared_names(own) else ():
            if layer is not None or _TABLE.fullmatch(name):
                found.append((-2 if layer is None else layer, tensor.offset, name, tensor))
    for _, _, name, tensor in sorted(found):
        if _TABLE.fullmatch(name):
            yield _Part(name, "F16", tensor.shape, tensor)
        elif not _DENSE.fullmatch(name):
            yield _Part(name, "F32", tensor.shape, tensor)
        elif precision == INT8:
            yield _Part(name, "I8", tensor.shape[::-1], tensor)
            yield _Part(f"{name.removesuffix('weight')}scale", "F32", tensor.shape[:1], tensor)
        else:
            yield _Part(name, "F16", tensor.shape, tensor)


def _converted(part: _Part, whole: mmap.mmap) -> np.ndarray:
    count = part.source.size // 4
    values = np.frombuffer(bytes(whole[part.source.offset : part.source.end]), np.float32, count)
    values = values.reshape(part.source.shape)
    if not np.isfinite(values).all():
        raise UnsupportedModel(f"tensor {part.name} has a value that is not a number: the checkpoint is damaged")
    if part.dtype == "F32":
        return quantise(values)[1] if part.name.endswith(".scale") else values
    if part.dtype == "I8":
        return quantise(values)[0]
    with np.errstate(over="ignore"):
        half = values.astype(np.float16)
    if not np.isfinite(half).all():
        raise UnsupportedModel(f"tensor {part.name} has a value beyond those of fp16: build the bundle in fp32")
    return half
