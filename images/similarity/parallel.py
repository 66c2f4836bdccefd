"""Run a function over items on a few threads; the work is I/O, which lets go of the interpreter lock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")


def for_each(function: Callable[[Item], None], items: Iterable[Item], threads: int) -> None:
    """Call `function(item)` for all items, taken in order; raises the first error, after which no new item starts."""
    todo = list(items)
    pending = iter(todo)
    lock = threading.Lock()
    failed: list[BaseException] = []

    def work() -> None:
        while not failed:
            with lock:
                item = next(pending, pending)
            if item is pending:
                return
            try:
                function(item)  # type: ignore[arg-type]
            except BaseException as error:  # carried over to the calling thread
                failed.append(error)

    helpers = [threading.Thread(target=work, daemon=True) for _ in range(min(threads, len(todo)) - 1)]
    for helper in helpers:
        helper.start()
    work()
    for helper in helpers:
        helper.join()
    if failed:
        raise failed[0]
