"""A checkpoint's tokenizer: its `tokenizer.json`, or one made of the two halves that older checkpoints have."""

from __future__ import annotations

import shutil
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

from model.errors import BuildError, UnsupportedModel
from model.sentence import Find
from similarity.manifest import TOKENIZER

HALVES = "vocab.json", "merges.txt"


def copy(model: str, of: Find, target: Path) -> None:
    """Write the checkpoint's tokenizer to `target`; raises BuildError where it has none."""
    whole = of(TOKENIZER)
    if whole:
        shutil.copyfile(whole, target)
        return
    vocabulary, merges = (of(name) for name in HALVES)
    if not vocabulary or not merges:
        raise BuildError(f"{model} cannot be used: it has neither {TOKENIZER} nor {' and '.join(HALVES)}")
    _of_roberta(vocabulary, merges).save(str(target))


def check(path: Path, vocabulary: int) -> None:
    """Raise UnsupportedModel unless the service can cut its texts and the embedding table has all its tokens.

    A text that is too long is cut before the last token, so there must be one special token at either end.
    """
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing narrower
        raise UnsupportedModel(f"{TOKENIZER} cannot be read: {error}") from None
    tokenizer.no_truncation()  # both are the service's affair
    tokenizer.no_padding()
    special = len(tokenizer.encode("").ids)
    if special != 2:
        raise UnsupportedModel(f"{TOKENIZER} puts {special} special tokens around a text; one at either end is needed")
    largest = max(tokenizer.get_vocab(with_added_tokens=True).values())
    if largest >= vocabulary:
        raise UnsupportedModel(f"{TOKENIZER} has a token {largest}; config.json says vocab_size {vocabulary}")


def _of_roberta(vocabulary: Path, merges: Path) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE.from_file(str(vocabulary), str(merges), unk_token="<unk>"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return tokenizer
