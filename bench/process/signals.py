"""Handles the signals that end the benchmark: each counts as Ctrl-C, and none disturbs it while it puts things back."""

from __future__ import annotations

import errno
import os
import signal
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class _State:
    held = False  # whether signals wait
    waiting = False  # whether one does


def end_politely() -> None:
    """Let a kill and a closed terminal end the benchmark as Ctrl-C does: report, restore, clean up."""
    for number in _ENDING:
        signal.signal(number, _interrupt)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ignore these signals for a while: a closed terminal sends more than one, and Ctrl-C is often pressed twice."""
    _State.held = True
    try:
        yield
    finally:
        _State.held = _State.waiting = False


@contextmanager
def deferred() -> Iterator[None]:
    """Hold these signals back until the block ends, which is short and must not be left half done."""
    outer, _State.held = _State.held, True
    try:
        yield
    finally:
        _State.held = outer
        if _State.waiting and not outer:
            _State.waiting = False
            raise KeyboardInterrupt


def let_go_of(*descriptors: int) -> None:
    """Discard whatever is written to these descriptors from now on."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in descriptors:
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _interrupt(number: int, frame: FrameType | None) -> None:
    let_go_of(*filter(_is_closed_terminal, (1, 2)))
    if not _State.held:
        raise KeyboardInterrupt
    _State.waiting = True


def _is_closed_terminal(descriptor: int) -> bool:
    try:
        termios.tcgetattr(descriptor)
    except termios.error as error:
        return bool(error.args[0] == errno.EIO)  # any other: not a terminal
    return False
