"""Runs the encoder with the checkpoint's own class, as everybody uses it: the baseline, and the tests' reference."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from transformers import LongformerConfig, LongformerModel

from contract.bundle import CONFIG
from similarity.bundle.manifest import Manifest
from similarity.bundle.safetensors_header import Header

if TYPE_CHECKING:
    from similarity.stores import Weights

POOLS: Mapping[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "cls": lambda rows: rows[0],
    "mean": lambda rows: rows.mean(dim=0),
    "max": lambda rows: rows.amax(dim=0),
    "weightedmean": lambda rows: (torch.arange(1.0, len(rows) + 1) / (len(rows) * (len(rows) + 1) / 2)) @ rows,
    "lasttoken": lambda rows: rows[-1],
}


def needs_weights(manifest: Manifest) -> bool:
    """It reads the whole checkpoint when it is made."""
    return True


def files(manifest: Manifest) -> tuple[str, ...]:
    """The small files of the bundle that the engine reads."""
    return (CONFIG,)


def make(manifest: Manifest, header: Header, weights: Weights, small_files: Mapping[str, bytes]) -> TransformersEngine:
    """The engine for an opened bundle whose weights file is whole."""
    read = _longformer if manifest.family == "longformer" else _any_other
    return TransformersEngine(read(json.loads(small_files[CONFIG]), weights), manifest.pooling)


def _longformer(fields: dict[str, Any], weights: Weights) -> Any:
    config = LongformerConfig.from_dict(fields)
    return LongformerModel.from_pretrained(weights.path.parent, config=config, local_files_only=True)  # in eval mode


def _any_other(fields: dict[str, Any], weights: Weights) -> Any:
    from transformers import AutoConfig, AutoModel  # not for Longformer, whose cold start the benchmark measures

    config = AutoConfig.for_model(**fields)
    return AutoModel.from_pretrained(weights.path.parent, config=config, local_files_only=True)


class TransformersEngine:
    """A model of transformers, called as its documentation says; a Longformer without global attention."""

    def __init__(self, model: Any, pooling: str) -> None:
        self._model = model
        self._pool = POOLS[pooling]

    def encode(self, ids: Sequence[int]) -> np.ndarray:
        tokens = torch.tensor([list(ids)])
        with torch.inference_mode():
            rows = self._model(input_ids=tokens, attention_mask=torch.ones_like(tokens)).last_hidden_state[0]
        vector: np.ndarray = self._pool(rows).numpy()
        return vector
