"""Checkpoints as people publish them: sentence-transformers' own vectors, or a refusal by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.model.support.checkpoints import KINDS, save
from tests.model.support.in_process import in_process
from tests.model.support.layouts import LAYOUTS
from tests.model.support.oracle import cell

__all__ = ["in_process"]
pytestmark = pytest.mark.usefixtures("in_process")
TOKENIZERS = {"wordpiece": "bert", "bpe": "roberta", "fast": "modernbert"}
TWICE = ("notes", "halves", "lower", "limit")  # what depends on the tokenizer; the rest is tried once


def cases() -> list[tuple[str, str]]:
    return [
        (name, tokenizer)
        for name, layout in LAYOUTS.items()
        for tokenizer in layout.only
        if tokenizer == "wordpiece" or name.startswith(TWICE)
    ]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A checkpoint with each tokenizer, without anything of sentence-transformers."""
    folders = {tokenizer: tmp_path_factory.mktemp(tokenizer) for tokenizer in TOKENIZERS}
    for tokenizer, folder in folders.items():
        save(KINDS[TOKENIZERS[tokenizer]], folder)
    return folders


@pytest.mark.parametrize(("name", "tokenizer"), cases())
def test_a_layout_is_exact_or_refused_by_name(
    plain: dict[str, Path], tmp_path: Path, name: str, tokenizer: str
) -> None:
    found = cell(plain[tokenizer], LAYOUTS[name], tmp_path)
    assert found.right(LAYOUTS[name]), found
