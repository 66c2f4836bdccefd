"""Shows the progress of long work: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

PLAIN_INTERVAL = 5.0  # seconds between lines without a terminal


class Step(Protocol):
    """Called with the amount that is done and the total."""

    def __call__(self, done: int, total: int) -> None: ...


@contextmanager
def step(console: Console, title: str) -> Iterator[Step]:
    """Show `title` while the block runs, which calls the yielded function with (done, total)."""
    started = time.monotonic()
    if console.is_terminal:
        columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn()
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(title)
            yield lambda done, total: bar.update(task, completed=done, total=total)
    else:
        console.print(f"{title} …")
        last = started

        def report(done: int, total: int) -> None:
            nonlocal last
            if time.monotonic() - last >= PLAIN_INTERVAL:
                last = time.monotonic()
                console.print(f"{title}: {100 * done // max(total, 1)} %{_left(last - started, done, total)}")

        yield report
    console.print(f"{title}: done in {time.monotonic() - started:.1f} s")


def _left(elapsed: float, done: int, total: int) -> str:
    """The estimated time left, in proportion to the time that was needed so far."""
    if not 0 < done < total:
        return ""
    seconds = round(elapsed * (total - done) / done)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f", {hours} h {minutes} min left" if hours else f", {minutes} min {seconds % 60} s left"
