"""Embeds on this machine: batches of texts that have the same number of tokens, so that nothing is padded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from model.base.progress import Step
from model.index.cache import Cache
from model.index.encoder import Encoder
from model.index.store import Text

BATCH_TOKENS = 1024  # in a batch


def embed(texts: Iterable[Text], encoder: Encoder, cache: Cache, total: int, progress: Step) -> None:
    """Embed `texts`, those of equal length after each other, and keep each batch at once; `total` is of their tokens.

    The batches depend only on the order of the texts. A run that continues a stopped one forms the same batches, and
    its vectors are the same to the last bit.
    """
    done = 0
    for batch in batches(texts, BATCH_TOKENS):
        vectors = encoder.encode([encoder.token_ids(text.text) for text in batch])
        cache.put(zip((text.hash for text in batch), vectors, strict=True))
        done += sum(text.tokens for text in batch)
        progress(done, total)


def batches(texts: Iterable[Text], tokens: int) -> Iterator[list[Text]]:
    """Batches of texts with equally many tokens: at most `tokens` in all, or a single text."""
    batch: list[Text] = []
    for text in texts:
        if batch and (text.tokens != batch[0].tokens or (len(batch) + 1) * text.tokens > tokens):
            yield batch
            batch = []
        batch.append(text)
    if batch:
        yield batch
