"""Synthetic weights: the checkpoint's own tensor names, shapes and dtype, filled from a seeded generator.

What loading and inference cost depends on shapes, not on values, so storage results hold; rankings mean nothing.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from model.architecture import Architecture
from model.progress import Step
from similarity import safetensors_header

CHUNK = 1 << 22  # floats drawn at a time: 16 MB, so that memory stays flat


def write_weights(architecture: Architecture, path: Path, seed: int, progress: Step) -> None:
    """Write `model.safetensors`; calls `progress(bytes done, bytes in all)`.

    Matrices are N(0, 0.05), wider than BERT's 0.02 so that texts differ by far more than rounding; LayerNorm is the
    identity and biases are small but not zero, so that a forgotten bias shows in the tests.
    """
    tensors = architecture.tensors()
    generator = np.random.default_rng(seed)
    header = safetensors_header.build(tensors)
    total = safetensors_header.parse(header).file_size
    with path.open("wb") as file:
        done = file.write(header)
        for name, shape in tensors.items():
            count = int(np.prod(shape))
            for start in range(0, count, CHUNK):
                values = generator.standard_normal(min(CHUNK, count - start), dtype=np.float32)
                values *= np.float32(0.05)
                if name.endswith("LayerNorm.weight"):
                    values += np.float32(1.0)
                done += file.write(values.data)
                progress(done, total)


def write_tokenizer(architecture: Architecture, texts: list[str], path: Path, seed: int) -> None:
    """Train a byte-level BPE `tokenizer.json` on `texts`, topped up with made-up words to the model's vocabulary.

    The made-up words are there for size alone: reading a vocabulary of 50,265 entries is part of a real cold start.
    """
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))  # noqa: S106 - a token of the vocabulary, no secret
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=architecture.vocabulary,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*texts * 3, *_made_up_words(architecture.vocabulary, seed)], trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    tokenizer.save(str(path))


def _made_up_words(count: int, seed: int) -> list[str]:
    generator = np.random.default_rng(seed)
    syllables = [a + b + c for a in "bdfgklmnprstvz" for b in "aeiou" for c in ("", "n", "r", "s", "th")]
    picks = generator.integers(0, len(syllables), size=(count, 4))
    return [" " + "".join(syllables[i] for i in row) for row in picks]
