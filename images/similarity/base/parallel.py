"""Runs functions on threads, side by side or for many items; their work lets go of the interpreter lock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Task(Generic[Result]):
    """A function that runs on its own thread as soon as this object is made."""

    def __init__(self, function: Callable[[], Result]) -> None:
        self._function = function
        self._returned: list[Result] = []
        self._raised: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait until the function has ended, well or badly."""
        self._thread.join()

    def result(self) -> Result:
        """The function's result, once it has ended; raises what it raised."""
        self.wait()
        if self._raised is not None:
            raise self._raised
        return self._returned[0]

    def _run(self) -> None:
        try:
            self._returned.append(self._function())
        except BaseException as error:  # for the caller of `result`
            self._raised = error


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
            except BaseException as error:  # raised again in the calling thread
                failed.append(error)

    helpers = [threading.Thread(target=work, daemon=True) for _ in range(min(threads, len(todo)) - 1)]
    for helper in helpers:
        helper.start()
    work()
    for helper in helpers:
        helper.join()
    if failed:
        raise failed[0]
