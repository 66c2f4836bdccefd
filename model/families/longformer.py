"""Longformer: RoBERTa with a sliding attention window, here without global attention.

Beltagy, Peters, Cohan, "Longformer: The Long-Document Transformer", arXiv 2004.05150.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model.base.errors import UnsupportedModel
from model.families import Family


def _window(config: Mapping[str, Any]) -> int:
    window = config["attention_window"]
    windows = {int(window)} if isinstance(window, int) else {int(w) for w in window[: int(config["num_hidden_layers"])]}
    if len(windows) != 1 or min(windows) % 2 or min(windows) < 2:
        raise UnsupportedModel(f"attention_window is {window!r}; one even window for all layers is supported")
    return windows.pop()


FAMILY = Family("longformer", ("longformer",), padding_takes_a_position=False, window=_window)
