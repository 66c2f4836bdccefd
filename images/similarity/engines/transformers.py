"""The transformers engine: LongformerModel as everybody uses it. The baseline, and the oracle of the tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from transformers import LongformerConfig, LongformerModel

from similarity.manifest import CONFIG, Manifest
from similarity.safetensors_header import Header

if TYPE_CHECKING:
    from similarity.stores import Weights

NEEDS_WEIGHTS = True


def files(manifest: Manifest) -> tuple[str, ...]:
    return (CONFIG,)


def make(manifest: Manifest, header: Header, weights: Weights, small_files: Mapping[str, bytes]) -> TransformersEngine:
    """The engine for an opened bundle whose weights file is whole."""
    config = LongformerConfig.from_dict(json.loads(small_files[CONFIG]))
    model = LongformerModel.from_pretrained(weights.directory, config=config, local_files_only=True)  # in eval mode
    return TransformersEngine(model)


class TransformersEngine:
    """A LongformerModel, called as its documentation says, without global attention."""

    def __init__(self, model: LongformerModel) -> None:
        self._model = model

    def encode(self, ids: Sequence[int]) -> np.ndarray:
        tokens = torch.tensor([list(ids)])
        with torch.inference_mode():
            output = self._model(input_ids=tokens, attention_mask=torch.ones_like(tokens))
        cls: np.ndarray = output.last_hidden_state[0, 0].numpy()
        return cls
