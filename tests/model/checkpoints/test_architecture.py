from __future__ import annotations

import pytest
import torch
from transformers import LongformerConfig, LongformerModel

from model.base.errors import UnsupportedModel
from model.checkpoints import synthetic
from model.checkpoints.architecture import FULL, TINY, Architecture


@pytest.mark.parametrize("architecture", [FULL, TINY])
def test_tensors_are_those_of_the_checkpoint(architecture: Architecture) -> None:
    with torch.device("meta"):
        model = LongformerModel(LongformerConfig.from_dict(synthetic.config(architecture)))
    expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    assert synthetic.tensors(architecture) == expected
    assert list(synthetic.tensors(architecture)) == sorted(expected)


def test_the_full_size_has_148_659_456_parameters() -> None:
    assert sum(torch.Size(shape).numel() for shape in synthetic.tensors(FULL).values()) == 148_659_456
    assert FULL.max_tokens == 4096


def test_a_config_says_what_it_was_made_of() -> None:
    assert Architecture.from_config(synthetic.config(TINY)) == TINY


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"model_type": "gpt2"},
            "model_type is 'gpt2'; supported are bert, camembert, distilbert, electra, longformer, modernbert, mpnet, "
            "roberta",
        ),
        ({"model_type": ["longformer"]}, r"model_type is \['longformer'\]; supported are"),
        ({"num_hidden_layers": float("inf")}, "config.json cannot be used: OverflowError"),  # 1e999 in JSON
        ({"hidden_act": "relu"}, "hidden_act is 'relu'; only 'gelu'"),
        ({"attention_window": [64, 32]}, "one even window for all layers"),
        ({"attention_window": 63}, "one even window for all layers"),
        ({"attention_window": "x"}, "config.json cannot be used: ValueError"),
        ({"num_hidden_layers": None}, "config.json cannot be used: TypeError"),
    ],
)
def test_what_the_graph_cannot_express_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(UnsupportedModel, match=words):
        Architecture.from_config({**synthetic.config(TINY), **change})
