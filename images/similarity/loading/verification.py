"""Checks the weights for VERIFY_WEIGHTS: the sha256 of the tensors that every answer reads must be the manifest's."""

from __future__ import annotations

import hashlib
import mmap
from pathlib import Path
from typing import TYPE_CHECKING

from contract.bundle import WEIGHTS
from contract.environment import VERIFY_WEIGHTS
from similarity.base.errors import StoreError, Unavailable
from similarity.bundle.byte_ranges import needed_tensors
from similarity.bundle.manifest import Manifest
from similarity.bundle.safetensors_header import Header

if TYPE_CHECKING:
    from similarity.stores import Weights


def encoder_sha256(header: Header, path: Path) -> str:
    """Sum of the tensors that every answer reads whole, in the order of the file; raises OSError.

    It is not the sum of the whole file: of 595 MB a function reads 340, and the rest need not be right.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as whole, memoryview(whole) as data:
        for tensor in sorted((header.tensors[name] for name in needed_tensors(header)), key=lambda one: one.offset):
            digest.update(data[tensor.offset : tensor.offset + tensor.size])
    return digest.hexdigest()


def check(manifest: Manifest, header: Header, weights: Weights) -> None:
    """Raise StoreError unless the fetched weights are those of the manifest, Unavailable if it has no sum."""
    if not manifest.encoder_sha256:
        raise Unavailable(
            f"{VERIFY_WEIGHTS} is set, but the bundle has no sum of its tensors: build it again or unset it"
        )
    try:
        found = encoder_sha256(header, weights.path)
    except OSError as error:
        raise StoreError(WEIGHTS, f"cannot be read: {error.strerror}") from None
    if found != manifest.encoder_sha256:
        raise StoreError(WEIGHTS, "is not the one in the manifest: the sha256 of its tensors is another")
