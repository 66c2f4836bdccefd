"""Tries a tokenizer.json, in a process of its own, because it is a foreign program: see `run`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from model.checkpoints import confined
from model.checkpoints.confined import Failed

MEMORY = 1 << 30  # bytes of data; XLM-RoBERTa's 250,000 tokens take less than a third
PROBE = "".join(map(chr, [*range(32, 127), *range(160, 592)])) + " The robot's arm hit 2 workers at 9:30, twice. " * 20


@dataclass(frozen=True)
class Trial:
    """The result: how many special tokens surround a text, and the largest token id."""

    special: int
    largest: int


def run(path: Path) -> Trial:
    """Try the tokenizer.json at `path` in a process of its own; raises Failed."""
    found = confined.run(__name__, MEMORY, str(path))
    try:
        return Trial(**found)
    except TypeError:
        raise Failed("cannot be read: it ended without a result") from None


def answer(path: str) -> dict[str, int]:
    """Do the work of `run` in this process; raises whatever the library raises."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(path)
    tokenizer.no_truncation()  # the service does both itself
    tokenizer.no_padding()
    tokenizer.encode(PROBE)
    largest = max(tokenizer.get_vocab(with_added_tokens=True).values())
    return {"special": len(tokenizer.encode("").ids), "largest": largest}


if __name__ == "__main__":
    confined.serve(answer)
