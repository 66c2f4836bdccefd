"""Makes synthetic weights in the shape of a Longformer: its tensor names, shapes and dtype, from a seeded generator.

The cost of loading and inference depends on shapes, not on values, so storage results hold; rankings mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from model.base.progress import Step
from model.checkpoints.architecture import Architecture
from similarity.bundle import safetensors_header

CHUNK = 1 << 22  # floats drawn at a time: 16 MB, so that memory does not grow


def config(shape: Architecture) -> dict[str, Any]:
    """The `config.json` of a Longformer checkpoint of this shape, as the Hub's longformer-base-4096 has it."""
    return {
        "architectures": ["LongformerModel"],
        "attention_probs_dropout_prob": 0.1,
        "attention_window": [shape.window] * shape.layers,
        "bos_token_id": 0,
        "eos_token_id": 2,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": shape.hidden,
        "initializer_range": 0.02,
        "intermediate_size": shape.intermediate,
        "layer_norm_eps": shape.layer_norm_eps,
        "max_position_embeddings": shape.positions,
        "model_type": "longformer",
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.layers,
        "pad_token_id": shape.padding_id,
        "sep_token_id": 2,
        "type_vocab_size": 1,
        "vocab_size": shape.vocabulary,
    }


def tensors(shape: Architecture) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor of a Longformer, in the alphabetical order in which safetensors stores them."""
    return dict(sorted(_tensors(shape)))


def _tensors(shape: Architecture) -> Iterator[tuple[str, tuple[int, ...]]]:
    def dense(name: str, outputs: int, inputs: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield f"{name}.weight", (outputs, inputs)
        yield f"{name}.bias", (outputs,)

    def norm(name: str) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield f"{name}.weight", (shape.hidden,)
        yield f"{name}.bias", (shape.hidden,)

    yield "embeddings.word_embeddings.weight", (shape.vocabulary, shape.hidden)
    yield "embeddings.position_embeddings.weight", (shape.positions, shape.hidden)
    yield "embeddings.token_type_embeddings.weight", (1, shape.hidden)
    yield from norm("embeddings.LayerNorm")
    for layer in range(shape.layers):
        prefix = f"encoder.layer.{layer}"
        for projection in ("query", "key", "value", "query_global", "key_global", "value_global"):
            yield from dense(f"{prefix}.attention.self.{projection}", shape.hidden, shape.hidden)
        yield from dense(f"{prefix}.attention.output.dense", shape.hidden, shape.hidden)
        yield from norm(f"{prefix}.attention.output.LayerNorm")
        yield from dense(f"{prefix}.intermediate.dense", shape.intermediate, shape.hidden)
        yield from dense(f"{prefix}.output.dense", shape.hidden, shape.intermediate)
        yield from norm(f"{prefix}.output.LayerNorm")
    yield from dense("pooler.dense", shape.hidden, shape.hidden)


def write_weights(architecture: Architecture, path: Path, seed: int, progress: Step) -> None:
    """Write `model.safetensors`; calls `progress(bytes done, bytes in all)`.

    Matrices are N(0, 0.05), wider than BERT's 0.02 so that texts differ by far more than rounding; LayerNorm is the
    identity and biases are small but not zero, so that a forgotten bias shows in the tests.
    """
    described = tensors(architecture)
    generator = np.random.default_rng(seed)
    header = safetensors_header.build(described)
    total = safetensors_header.parse(header).file_size
    with path.open("wb") as file:
        done = file.write(header)
        for name, shape in described.items():
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

    The made-up words only add size: reading a vocabulary of 50,265 entries is part of a real cold start.
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
