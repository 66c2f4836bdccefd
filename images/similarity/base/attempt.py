"""One attempt to load something in the background; a failed one is followed by another object, not by a second try."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

from similarity.base import log
from similarity.base.errors import ServiceError, Unavailable

Result = TypeVar("Result")


class Attempt(ABC, Generic[Result]):
    """Loads on a thread of its own, from `_begin` on. A subclass says what, and calls that when it is ready."""

    WHAT: ClassVar[str]
    """What is loaded, for the message of a failure that nobody expected."""

    def __init__(self) -> None:
        self._model: Result | None = None
        self._error: ServiceError | None = None
        self._done = threading.Event()

    def wait(self, timeout: float) -> bool:
        """Whether loading has ended, well or badly, within `timeout` seconds."""
        return self._done.wait(timeout)

    @property
    def error(self) -> ServiceError | None:
        """Why the attempt failed, once it has ended; a StoreError or Unavailable."""
        return self._error if self._done.is_set() else None

    @property
    def model(self) -> Result | None:
        """What was loaded, once it is there."""
        return self._model if self._done.is_set() else None

    def give_up(self, error: ServiceError) -> None:
        """Let go of what was loaded, which is no longer what the store holds: the attempt has failed after all."""
        self._model = None  # its memory and its files must make room for the next one
        self._error = error.with_traceback(None)

    @abstractmethod
    def _load(self) -> Result:
        """Load; raises ServiceError."""

    def _end(self) -> None:
        """What is left to do before the attempt counts as ended, well or badly: nothing."""

    def _begin(self) -> None:
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self._model = self._load()
        except ServiceError as error:
            self._error = error
        except Exception as error:
            log.error("load", error)
            self._error = Unavailable(f"the {self.WHAT} could not be loaded ({type(error).__name__})")
        self._end()
        self._done.set()
