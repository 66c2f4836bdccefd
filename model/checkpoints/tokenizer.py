"""Copies a checkpoint's tokenizer: its `tokenizer.json`, or one made of the two halves that older checkpoints have."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

from contract.bundle import TOKENIZER
from model.base.errors import BuildError, UnsupportedModel
from model.checkpoints import tokenizer_trial
from model.checkpoints.sentence_transformers import Find
from model.checkpoints.tokenizer_trial import TrialFailed

HALVES = "vocab.json", "merges.txt"
LARGEST = 1 << 26  # bytes; XLM-RoBERTa's tokenizer.json has 17 MB
MOST_GROWTH = 16  # growth of a text by its normalizer; those of real checkpoints replace one character by one


def copy(model: str, of: Find, target: Path) -> None:
    """Write the checkpoint's tokenizer to `target`; raises BuildError if it has none."""
    whole = of(TOKENIZER)
    if whole:
        shutil.copyfile(whole, target)
        return
    vocabulary, merges = (of(name) for name in HALVES)
    if not vocabulary or not merges:
        raise BuildError(f"{model} cannot be used: it has neither {TOKENIZER} nor {' and '.join(HALVES)}")
    if max(vocabulary.stat().st_size, merges.stat().st_size) > LARGEST:
        raise UnsupportedModel(f"{' or '.join(HALVES)} has more than {LARGEST:,} bytes")
    try:
        _of_roberta(vocabulary, merges).save(str(target))
    except Exception as error:  # the library raises no narrower exception
        raise UnsupportedModel(f"{' and '.join(HALVES)} make no tokenizer: {error}") from None


def check(path: Path, vocabulary: int) -> None:
    """Raise UnsupportedModel unless the service can cut its texts and the embedding table has all its tokens.

    A text that is too long is cut before the last token, so there must be one special token at either end.
    """
    if path.stat().st_size > LARGEST:
        raise UnsupportedModel(f"{TOKENIZER} has {path.stat().st_size:,} bytes; at most {LARGEST:,} are read")
    _check_growth(path)
    try:
        trial = tokenizer_trial.run(path)
    except TrialFailed as error:
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


def _of_roberta(vocabulary: Path, merges: Path) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE.from_file(str(vocabulary), str(merges), unk_token="<unk>"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return tokenizer
