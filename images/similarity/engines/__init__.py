"""Two engines behind one interface, token ids to a vector; each is a module, imported when asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np

    from similarity.bundle.manifest import Manifest
    from similarity.bundle.safetensors_header import Header
    from similarity.stores import Weights


class Engine(Protocol):
    """An encoder with its weights."""

    def encode(self, ids: Sequence[int]) -> np.ndarray:
        """float32[hidden], the pooled vector of 1 to max_tokens token ids (special tokens included)."""


class EngineModule(Protocol):
    """A module of this package."""

    def needs_weights(self, manifest: Manifest, /) -> bool:
        """Whether the weights must be fetched before `make`."""

    def files(self, manifest: Manifest, /) -> tuple[str, ...]:
        """Names of the small files that `make` reads."""

    def make(self, manifest: Manifest, header: Header, weights: Weights, small_files: Mapping[str, bytes], /) -> Engine:
        """The engine for an opened bundle."""
