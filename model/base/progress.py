"""Progress of long work: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

PLAIN_INTERVAL = 5.0  # seconds between lines where no terminal is


class Step(Protocol):
    """Called with how much is done of how much."""

    def __call__(self, done: int, total: int) -> None: ...


@contextmanager
def step(console: Console, title: str) -> Iterator[Step]:
    """Show `title` while the block runs; it calls what it is given with (done, total)."""
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
    """The estimate: what is left takes as long as what was done, in proportion."""
    if not 0 < done < total:
        return ""
    seconds = round(elapsed * (total - done) / done)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f", {hours} h {minutes} min left" if hours else f", {minutes} min {seconds % 60} s left"
