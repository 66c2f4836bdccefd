"""Makes the tokenizer that transformers' AutoTokenizer makes of a checkpoint's files, in a process of its own.

What becomes of a text is decided by up to ten files and by a class that one of them names, and some overrule others.
Only transformers knows how they add up, so it is asked, and its answer is written down as one tokenizer.json.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract.bundle import TOKENIZER
from model.checkpoints import confined
from model.checkpoints.confined import Failed

MEMORY = 1 << 29  # bytes of data, for transformers itself
GROWTH = 60  # further bytes for each byte of the files: the vocabulary becomes Python objects, and exists several times
UNLIMITED = 1 << 31  # transformers has 1e30 tokens where no limit is known
PROBES = (
    "",
    "A Robot hurt 2 WORKERS at 9:30, twice.",
    " the robot's  arm\thit\na worker ",
    "".join(map(chr, [*range(33, 127), *range(160, 592)])),
    "车祸 🚗 Ünïcödé [MASK] <mask> </s> <s> [SEP] [CLS] <pad> [PAD] ##ing ▁the",
)
CUT = 8  # tokens to which the probes are cut


@dataclass(frozen=True)
class Made:
    """What the tokenizer says beside its tokens: the longest text, 0 if that is not stated."""

    max_tokens: int


def run(folder: Path, lower: bool, target: Path) -> Made:
    """Write the tokenizer of the files in `folder` to `target`, with `lower` one that lower-cases first.

    Raises Failed. Where the checkpoint's own tokenizer.json says the same, it is copied unchanged.
    """
    memory = MEMORY + GROWTH * sum(path.stat().st_size for path in folder.iterdir())
    found = confined.run(__name__, memory, str(folder), str(int(lower)), str(target))
    try:
        return Made(**found)
    except TypeError:
        raise Failed("cannot be read: it ended without a result") from None


def answer(folder: str, lower: str, target: str) -> dict[str, Any]:
    """Do the work of `run` in this process; raises whatever transformers raises, and ValueError."""
    from tokenizers import Tokenizer
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if not isinstance(backend, Tokenizer):
        raise ValueError(f"{type(tokenizer).__name__} is not a tokenizer of the tokenizers library")
    if int(lower):
        _lower_case(backend)
    wanted = [tokenizer(text)["input_ids"] for text in PROBES]
    cut = [tokenizer(text, truncation=True, max_length=CUT)["input_ids"] for text in PROBES]
    backend.no_truncation()  # the service does both itself
    backend.no_padding()
    text = backend.to_str()
    _check(Tokenizer.from_str(text), wanted, cut)
    own = Path(folder) / TOKENIZER
    if own.exists() and _plain(Tokenizer.from_file(str(own))) == text:
        shutil.copyfile(own, target)
    else:
        Path(target).write_text(text)
    limit = int(tokenizer.model_max_length)
    return {"max_tokens": limit if limit < UNLIMITED else 0}


def _lower_case(backend: Any) -> None:
    """Put lower-casing before everything else, unless the normalizer has that step, as sentence-transformers does."""
    from tokenizers.normalizers import Lowercase, Sequence

    present = backend.normalizer
    several = isinstance(present, Sequence)
    steps = list(present) if several else [present] if present else []
    if not any(isinstance(step, Lowercase) for step in steps):
        backend.normalizer = Sequence([Lowercase(), *steps])


def _plain(tokenizer: Any) -> str:
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return str(tokenizer.to_str())


def _check(tokenizer: Any, wanted: list[list[int]], cut: list[list[int]]) -> None:
    """Raise ValueError if the service, which knows the one file alone, would have other tokens, or cut otherwise."""
    framed = len(wanted[0]) == 2  # else it is refused later, with the number
    for text, ids, beginning in zip(PROBES, wanted, cut, strict=True):
        own = tokenizer.encode(text).ids
        if own != ids:
            raise ValueError(f"AutoTokenizer makes other tokens of {text[:40]!r} than its own tokenizer.json")
        if framed and beginning != (own if len(own) <= CUT else [*own[: CUT - 1], own[-1]]):
            raise ValueError("a text that is too long does not keep its beginning and its last token")


if __name__ == "__main__":
    sys.modules["torch"] = None  # type: ignore[assignment]  # a tokenizer does not need it, and it takes seconds
    confined.serve(answer)
