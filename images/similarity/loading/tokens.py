"""Turns text into token ids, cut to the model's limit, the same for both engines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contract.bundle import TOKENIZER
from similarity.base import log
from similarity.base.errors import StoreError

if TYPE_CHECKING:
    from tokenizers import Tokenizer as FastTokenizer

    from similarity.loading.tokenizer_process import TokenizerProcess


@dataclass(frozen=True)
class Tokens:
    """Token ids, special tokens included; `whole` is the number of the uncut text."""

    ids: list[int]
    whole: int

    @property
    def cut(self) -> bool:
        return self.whole > len(self.ids)


class Tokenizer:
    """The checkpoint's tokenizer.json. A text becomes `<s> … </s>`; one past `max_tokens` keeps its beginning.

    It works in `process`, which was given the same tokenizer.json, as long as that lives, and then in this one, where
    the library may refuse the file: a StoreError.
    """

    def __init__(self, description: bytes, max_tokens: int, process: TokenizerProcess | None = None) -> None:
        self._description = description
        self._max_tokens = max_tokens
        self._process = process
        self._own = None if process else _read(description)

    def encode(self, text: str) -> Tokens:
        ids = self._ids(text)
        if len(ids) <= self._max_tokens:
            return Tokens(ids, len(ids))
        return Tokens([*ids[: self._max_tokens - 1], ids[-1]], len(ids))

    def be_alone(self) -> None:
        """End the process and work in this one: copies of a snapshot must not depend on one that they cannot start."""
        self._own = self._own or _read(self._description)
        if self._process:
            self._process.close()
            self._process = None

    def _ids(self, text: str) -> list[int]:
        if self._process:
            try:
                return self._process.ids(text)
            except OSError as error:
                log.error("tokenizer process", error)
                self._process.close()  # else it would stay a zombie, because the loader also knows it
                self._process = None
        self._own = self._own or _read(self._description)
        ids: list[int] = self._own.encode(text).ids
        return ids


def _read(description: bytes) -> FastTokenizer:
    from tokenizers import Tokenizer as FastTokenizer

    try:
        tokenizer = FastTokenizer.from_str(description.decode())
    except Exception as error:  # the library raises no narrower exception
        raise StoreError(TOKENIZER, f"is not a tokenizer for this version of the library: {error}") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
