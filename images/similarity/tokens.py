"""Text to token ids, cut to the model's limit. Both engines get the same ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenizers import Tokenizer as FastTokenizer


@dataclass(frozen=True)
class Tokens:
    """Token ids, special tokens included; `whole` is how many the uncut text has."""

    ids: list[int]
    whole: int

    @property
    def cut(self) -> bool:
        return self.whole > len(self.ids)


class Tokenizer:
    """The checkpoint's tokenizer.json. A text becomes `<s> … </s>`; one past `max_tokens` keeps its beginning."""

    def __init__(self, description: bytes, max_tokens: int) -> None:
        from tokenizers import Tokenizer as FastTokenizer

        self._tokenizer: FastTokenizer = FastTokenizer.from_str(description.decode())
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._max_tokens = max_tokens

    def encode(self, text: str) -> Tokens:
        ids = self._tokenizer.encode(text).ids
        if len(ids) <= self._max_tokens:
            return Tokens(ids, len(ids))
        return Tokens([*ids[: self._max_tokens - 1], ids[-1]], len(ids))
