"""Tries a tokenizer in a process of its own, within bounds: `python tokenizer_trial.py PATH`, see `run`.

A foreign tokenizer.json is a program: normalised text may grow without end, and the library that reads it ends the
whole process when memory runs out. So it is read here first.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

MEMORY = 1 << 30  # bytes of data; XLM-RoBERTa's 250,000 tokens take less than a third
SECONDS = 60
PROBE = "".join(map(chr, [*range(32, 127), *range(160, 592)])) + " The robot's arm hit 2 workers at 9:30, twice. " * 20


@dataclass(frozen=True)
class Trial:
    """The result: how many special tokens surround a text, and the largest token id."""

    special: int
    largest: int


class TrialFailed(Exception):
    """The tokenizer cannot be read, or exceeds a tokenizer's limits; the text says which."""


def run(path: Path) -> Trial:
    """Try the tokenizer.json at `path` in a process of its own; raises TrialFailed."""
    try:
        done = subprocess.run([sys.executable, __file__, str(path)], capture_output=True, text=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise TrialFailed(f"takes more than {SECONDS} s for a short text") from None
    try:
        return Trial(**json.loads(done.stdout))
    except (ValueError, TypeError):
        if done.returncode < 0 or "memory allocation" in done.stderr:
            raise TrialFailed(f"cannot be read, or takes more than {MEMORY >> 20} MB of memory") from None
        said = done.stderr.strip().splitlines()[-1:] or ["it ended without a word"]
        raise TrialFailed(f"cannot be read: {said[0][:300]}") from None


def _main(path: str) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(path)
    tokenizer.no_truncation()  # the service does both itself
    tokenizer.no_padding()
    tokenizer.encode(PROBE)
    largest = max(tokenizer.get_vocab(with_added_tokens=True).values())
    print(json.dumps({"special": len(tokenizer.encode("").ids), "largest": largest}))


if __name__ == "__main__":
    _main(sys.argv[1])
