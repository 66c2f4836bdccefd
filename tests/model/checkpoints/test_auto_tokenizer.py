"""The tokenizer that transformers makes of a checkpoint's files, in the process of its own that a build starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model.checkpoints import auto_tokenizer
from model.checkpoints.auto_tokenizer import Made
from model.checkpoints.confined import Failed
from tests.model.support.checkpoints import tokenizer

NOTES = "tokenizer_config.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of a BERT's tokenizer."""
    (tmp_path / "files").mkdir()
    tokenizer("bert").save(str(tmp_path / "files" / "tokenizer.json"))
    (tmp_path / "files" / "config.json").write_text(json.dumps({"model_type": "bert"}))
    return tmp_path / "files"


def test_a_file_that_says_all_is_copied_unchanged(folder: Path, tmp_path: Path) -> None:
    (folder / NOTES).write_text(json.dumps({"tokenizer_class": "BertTokenizer", "model_max_length": 40}))
    assert auto_tokenizer.run(folder, False, tmp_path / "made.json") == Made(max_tokens=40)
    assert (tmp_path / "made.json").read_bytes() == (folder / "tokenizer.json").read_bytes()


def test_what_a_library_prints_beside_the_answer_does_not_matter(folder: Path, tmp_path: Path) -> None:
    token = {"content": "<new>", "special": True, "unheard_of": 1}
    (folder / NOTES).write_text(json.dumps({"added_tokens_decoder": {"600": token}}))
    assert auto_tokenizer.run(folder, False, tmp_path / "made.json") == Made(max_tokens=0)
    assert "<new>" in (tmp_path / "made.json").read_text()


def test_one_that_takes_the_memory_fails_in_words(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auto_tokenizer, "MEMORY", 1 << 20)
    with pytest.raises(Failed, match="cannot be read"):
        auto_tokenizer.run(folder, False, tmp_path / "made.json")
