"""Embeds through a deployment: many requests at a time, each answer kept when it comes."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from model.base.progress import Step
from model.index.cache import Cache
from model.index.deployment import Deployment
from model.index.store import Text

Item = TypeVar("Item")
Result = TypeVar("Result")


def embed(
    texts: Iterable[Text], deployment: Deployment, concurrency: int, cache: Cache, total: int, progress: Step
) -> None:
    """Embed `texts` with `concurrency` requests at a time; `total` is of their tokens. Raises BuildError.

    A text that the deployment does not embed as it is is left to the caller, and is not in the cache afterwards.
    """
    done = 0
    try:
        for text, vector in spread(lambda text: deployment.embed(text.text), texts, concurrency):
            if vector is not None:
                cache.put([(text.hash, vector)])
            done += text.tokens
            progress(done, total)
    finally:
        deployment.stop()


def spread(function: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[tuple[Item, Result]]:
    """Each item with `function(item)` as they are finished; at most `threads` under way, and raises the first error.

    The threads are daemons, so that a caller that gives up does not wait half a minute for an answer.
    """
    todo: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[Item, Result | None, BaseException | None]] = queue.SimpleQueue()

    def work() -> None:
        while (item := todo.get()) is not None:
            try:
                done.put((item, function(item), None))
            except BaseException as error:  # raised again in the thread that takes the results
                done.put((item, None, error))

    for _ in range(threads):
        threading.Thread(target=work, daemon=True).start()
    pending, under_way, failed = iter(items), 0, None
    try:
        while True:
            while failed is None and under_way < threads and (item := next(pending, None)) is not None:
                todo.put(item)
                under_way += 1
            if not under_way:
                break
            item, result, error = done.get()
            under_way -= 1
            failed = failed or error
            if error is None:
                yield item, result  # type: ignore[misc]
    finally:
        for _ in range(threads):
            todo.put(None)
    if failed:
        raise failed
