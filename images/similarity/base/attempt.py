"""Loads something in the background, once: a failed attempt is followed by a new object, not by a second try."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

from similarity.base import log
from similarity.base.errors import ServiceError, Unavailable

Result = TypeVar("Result")


class Attempt(ABC, Generic[Result]):
    """Loads on its own thread, from `_begin` on. A subclass says what, and calls `_begin` when it is ready."""

    WHAT: ClassVar[str]
    """The name of what is loaded, for the message of an unexpected failure."""

    def __init__(self) -> None:
        self._model: Result | None = None
        self._error: ServiceError | None = None
        self._done = threading.Event()

    def wait(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds; return whether loading has ended, well or badly."""
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
        """Discard what was loaded, because the store holds something else by now: the attempt has failed after all."""
        self._model = None  # its memory and its files must make room for the next attempt
        self._error = error.with_traceback(None)

    @abstractmethod
    def _load(self) -> Result:
        """Load; raises ServiceError."""

    def _end(self) -> None:
        """Clean up before the attempt counts as ended, well or badly; the default does nothing."""

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
