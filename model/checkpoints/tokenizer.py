"""Takes a checkpoint's tokenizer: as one tokenizer.json, with the tokens that transformers makes of its files."""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from pathlib import Path
from typing import Any

from contract.bundle import CONFIG, TOKENIZER
from model.base.errors import BuildError, UnsupportedModel
from model.checkpoints import auto_tokenizer, tokenizer_trial
from model.checkpoints.auto_tokenizer import Made
from model.checkpoints.confined import Failed
from model.checkpoints.finding import Find

VOCABULARIES = (TOKENIZER, "vocab.txt", "vocab.json", "sentencepiece.bpe.model", "spiece.model")
MERGES = "merges.txt"
NOTES = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")
LARGEST = 1 << 26  # bytes; XLM-RoBERTa's tokenizer.json has 17 MB
MOST_GROWTH = 16  # growth of a text by its normalizer; those of real checkpoints replace one character by one


def take(model: str, of: Find, lower: bool, target: Path) -> Made:
    """Write the checkpoint's tokenizer to `target`, with `lower` one that lower-cases a text first.

    Raises BuildError if it has none, UnsupportedModel if transformers cannot make one of its files.
    """
    present = {name: path for name in (*VOCABULARIES, MERGES, *NOTES, CONFIG) if (path := of(name))}
    if not any(name in present for name in VOCABULARIES):
        raise BuildError(f"{model} cannot be used: it has no tokenizer, neither {TOKENIZER} nor a vocabulary")
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        for name, path in present.items():
            if path.stat().st_size > LARGEST:
                raise UnsupportedModel(f"{name} has {path.stat().st_size:,} bytes; at most {LARGEST:,} are read")
            shutil.copyfile(path, Path(folder) / name)
        try:
            return auto_tokenizer.run(Path(folder), lower, target)
        except Failed as error:
            names = " and ".join(name for name in present if name != CONFIG)
            raise UnsupportedModel(f"the tokenizer of {names} {error}") from None


def check(path: Path, vocabulary: int) -> None:
    """Raise UnsupportedModel unless the service can cut its texts and the embedding table has all its tokens.

    A text that is too long is cut before the last token, so there must be one special token at either end.
    """
    if path.stat().st_size > LARGEST:
        raise UnsupportedModel(f"{TOKENIZER} has {path.stat().st_size:,} bytes; at most {LARGEST:,} are read")
    _check_growth(path)
    try:
        trial = tokenizer_trial.run(path)
    except Failed as error:
        raise UnsupportedModel(f"{TOKENIZER} {error}") from None
    if trial.special != 2:
        raise UnsupportedModel(
            f"{TOKENIZER} puts {trial.special} special tokens around a text; one at either end is needed"
        )
    if trial.largest >= vocabulary:
        raise UnsupportedModel(f"{TOKENIZER} has a token {trial.largest}; config.json says vocab_size {vocabulary}")


def _check_growth(path: Path) -> None:
    """Raise UnsupportedModel if the normalizer may make any text much longer."""
    try:
        document = json.loads(path.read_bytes())
        times = _growth(document.get("normalizer"))
    except (ValueError, RecursionError, AttributeError, TypeError, KeyError) as error:
        raise UnsupportedModel(f"{TOKENIZER} cannot be read: {type(error).__name__}: {error}") from None
    if times > MOST_GROWTH:
        raise UnsupportedModel(
            f"{TOKENIZER} has a normalizer that may make a text {times:,.0f} times as long; at most {MOST_GROWTH} are "
            "supported"
        )


def _growth(normalizer: Any) -> float:
    """How many times as long the normalizer may make a text, judged by its replacements."""
    if not normalizer:
        return 1.0
    if normalizer.get("type") == "Sequence":
        return math.prod(_growth(step) for step in normalizer.get("normalizers") or [])
    if normalizer.get("type") != "Replace":
        return 1.0
    # A regular expression may match the empty string, between any two characters.
    literal = normalizer["pattern"].get("String")
    content = len(normalizer.get("content") or "")
    return max(1.0, content / len(literal)) if literal else content + 1.0
