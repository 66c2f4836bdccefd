"""Embeds with the bundle's own encoder, as the service does: the same text, the same tokens, the same engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from contract.bundle import TOKENIZER, WEIGHTS
from model.base.errors import BuildError
from similarity.api.plain_text import to_ascii
from similarity.bundle import safetensors_header
from similarity.bundle.manifest import Manifest
from similarity.engines import onnx
from similarity.loading.tokens import Tokenizer
from similarity.stores.directory import DirectoryStore

HEADER = 1 << 24  # bytes read to find the header of any checkpoint


class Encoder:
    """Text to vector with the files of a bundle directory, whose manifest may still be a draft."""

    def __init__(self, manifest: Manifest, directory: Path) -> None:
        weights = DirectoryStore(str(directory), 1).weights(WEIGHTS, HEADER, "onnx")
        header = safetensors_header.parse(weights.start)
        graphs = {name: (directory / name).read_bytes() for name in onnx.files(manifest)}
        self._engine = onnx.make(manifest, header, weights, graphs)
        self._transliterate = manifest.collection.transliterate
        self._tokenizer = Tokenizer((directory / TOKENIZER).read_bytes(), manifest.max_tokens)

    def plain(self, text: str) -> str:
        """The text in the form in which the index's texts, and later the queries, are embedded."""
        return to_ascii(text) if self._transliterate else text

    def token_ids(self, text: str) -> list[int]:
        """Token ids of a plain text, cut like a query."""
        return self._tokenizer.encode(text).ids

    def encode(self, batch: Sequence[Sequence[int]]) -> np.ndarray:
        """float32[b, hidden] of texts with the same number of tokens; raises BuildError if the weights are damaged."""
        vectors = self._engine.encode_batch(batch) if len(batch) > 1 else self._engine.encode(batch[0])[np.newaxis]
        if not np.isfinite(vectors).all():
            raise BuildError("the encoder's answer is not a number: the weights are damaged, build the bundle again")
        return vectors
