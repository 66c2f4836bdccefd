"""A foreign tokenizer is a program: one that exceeds its limits is refused before it is used."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, normalizers, processors

from model.base.errors import UnsupportedModel
from model.checkpoints import confined, tokenizer, tokenizer_trial


def save(path: Path, *steps: normalizers.Normalizer) -> Path:
    """A tokenizer of a few words, whose normalizer has these steps."""
    made = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1, "<s>": 2, "</s>": 3}, unk_token="[UNK]"))
    made.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 2), ("</s>", 3)])
    if steps:
        made.normalizer = normalizers.Sequence(list(steps))
    made.save(str(path / "tokenizer.json"))
    return path / "tokenizer.json"


def test_an_everyday_tokenizer_passes(tmp_path: Path) -> None:
    path = save(tmp_path, normalizers.NFKC(), normalizers.Replace(" ", "▁"), normalizers.Lowercase())
    assert tokenizer_trial.run(path) == tokenizer_trial.Trial(special=2, largest=3)
    tokenizer.check(path, 4)
    with pytest.raises(UnsupportedModel, match=r"has a token 3; config\.json says vocab_size 3"):
        tokenizer.check(path, 3)


@pytest.mark.parametrize(
    "steps",
    [
        [normalizers.Replace("a", "a" * 1000)] * 3,
        [normalizers.Replace("e", "e" * 40)] * 5,
        [normalizers.Sequence([normalizers.Replace("ж", "жжж")] * 3)],
    ],
)
def test_a_normalizer_that_makes_texts_many_times_as_long_is_refused(
    tmp_path: Path, steps: list[normalizers.Normalizer]
) -> None:
    with pytest.raises(UnsupportedModel, match="times as long; at most 16 are supported"):
        tokenizer.check(save(tmp_path, *steps), 4)


def test_one_that_takes_the_memory_ends_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokenizer, "MOST_GROWTH", 1e12)
    with pytest.raises(UnsupportedModel, match="takes more than 1024 MB of memory"):
        tokenizer.check(save(tmp_path, *[normalizers.Replace("a", "a" * 1000)] * 3), 4)


def test_one_that_takes_the_time_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "SECONDS", 0.001)
    with pytest.raises(UnsupportedModel, match="takes more than"):
        tokenizer.check(save(tmp_path), 4)


@pytest.mark.parametrize(
    "text", ["", "{}", "null", "[" * 100_000, '{"normalizer": {"type": "Replace"}}', '{"model": 1}']
)
def test_what_is_not_a_tokenizer_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "tokenizer.json").write_text(text)
    with pytest.raises(UnsupportedModel, match=r"tokenizer\.json cannot be read"):
        tokenizer.check(tmp_path / "tokenizer.json", 4)
