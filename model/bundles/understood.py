"""Says in words what a build has understood of a checkpoint, so that its user can compare that with what is known."""

from __future__ import annotations

from pathlib import Path

from tokenizers import Tokenizer

from contract.bundle import TOKENIZER, WEIGHTS
from model.checkpoints.pooling import POOLINGS
from similarity.bundle.manifest import Manifest

EXAMPLE = "A Robot hurt 2 workers."


def lines(manifest: Manifest, directory: Path) -> list[str]:
    """A few lines about a bundle's model; `directory` has its files."""
    tokenizer = Tokenizer.from_file(str(directory / TOKENIZER))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    window = f"a window of {manifest.window} tokens" if manifest.window else "attention to all tokens"
    size = manifest.files[WEIGHTS].size / 1e6
    return [
        f"family {manifest.family}: {manifest.layers} layers of {manifest.hidden} columns, {window}, {size:,.1f} MB "
        f"in {manifest.precision}",
        f"pooling {manifest.pooling}: {POOLINGS[manifest.pooling]} of the last layer",
        f"limit: {manifest.max_tokens:,} tokens",
        f"tokens of {EXAMPLE!r}: {' '.join(tokenizer.encode(EXAMPLE).tokens)}",
    ]
