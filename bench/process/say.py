"""Prints messages without secrets and without anything that drives a terminal."""

from __future__ import annotations

import contextlib
import sys
from typing import Any, NoReturn

from rich.console import Console
from rich.text import Text

from bench.process.printable import printable
from bench.process.redact import redact


def say(text: str) -> None:
    """Print lines to standard output."""
    print(_clean(text), flush=True)


def warn(text: str) -> None:
    """Print lines to standard error; go on if nobody reads them any more."""
    with contextlib.suppress(OSError):
        print(_clean(text), file=sys.stderr, flush=True)


def _clean(text: str) -> str:
    return "\n".join(map(printable, redact(text).split("\n")))


class Printer(Console):
    """A console that shows every text literally, in tables too: no markup, no escape sequences, no secrets.

    The caller decides what happens when nobody reads any more; rich's own console ends the process with 1.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Every text that is printed comes through here."""
        return super().render_str(printable(redact(text)), **options)

    def on_broken_pipe(self) -> NoReturn:
        """Let the error through."""
        raise
