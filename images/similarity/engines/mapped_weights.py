"""Gives the weights to onnxruntime as tensors over one mapping of the file; fp16 is copied, to be made wider."""

from __future__ import annotations

import math
import mmap
import os
from pathlib import Path

import numpy as np
import onnxruntime as ort

from contract.environment import COPY_WEIGHTS, switched_on
from similarity.bundle.byte_ranges import needed_tensors
from similarity.bundle.encoder_tensors import parts
from similarity.bundle.safetensors_header import Header

DTYPES = {"F32": np.float32, "F16": np.float16, "I8": np.int8}


def mapped(header: Header, path: Path) -> dict[str, ort.OrtValue]:
    """The tensors that every answer reads whole, float32 or int8, by their names in the graphs; raises OSError.

    The mapping lives as long as one of the values does. Nothing is read: the pages may be fetched later. Only float16
    is read at once and made float32, once and not for every text: processors do not multiply it.

    onnxruntime itself would open and map the file once for each of 194 tensors, and ask the file system each time: over
    the lab's mount that takes 86 ms with the session, this way 31 ms.
    """
    with path.open("rb") as file:
        whole = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    values = {}
    for name in needed_tensors(header):
        for shared, tensor in parts(name, header.tensors[name]).items():
            kept = np.frombuffer(whole, DTYPES[tensor.dtype], math.prod(tensor.shape), tensor.offset)
            data = _held(kept).reshape(tensor.shape)
            values[shared] = ort.OrtValue.ortvalue_from_numpy(data)
    return values


def copies() -> bool:
    """Whether the weights are copied into memory, which COPY_WEIGHTS says."""
    return switched_on(os.environ.get(COPY_WEIGHTS))


def _held(kept: np.ndarray) -> np.ndarray:
    if kept.dtype == np.float16:
        return kept.astype(np.float32)
    return kept.copy() if copies() else kept
