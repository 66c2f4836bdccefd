"""Shows live progress: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bench.process.printable import printable
from bench.process.redact import redact
from bench.process.say import Printer
from bench.runs.cold_starts.kind import WARM
from bench.runs.records import Event, Sample, VisitEnd


class Reporter:
    """Shows each event of a run as it is recorded."""

    def __init__(self, console: Console, progress: Progress | None, total: int) -> None:
        self._console = console
        self._progress = progress
        self._task = progress.add_task("starting", total=total) if progress else None
        self._done, self._total = 0, total
        self._samples: list[Sample] = []

    def expect(self, requests: int, why: str) -> None:
        """Take in that so many more requests are to come."""
        self._total += requests
        if self._progress and self._task is not None:
            self._progress.update(self._task, total=self._total)
        self._console.print(printable(redact(why)), soft_wrap=True)

    def show(self, event: Event) -> None:
        """Update the display for an event."""
        if isinstance(event, Sample):
            self._done += 1
            self._samples.append(event)
            if self._progress and self._task is not None:
                text = printable(f"round {event.round} · {event.variant.label} · {event.state}")
                self._progress.update(self._task, completed=self._done, description=text)
        elif isinstance(event, VisitEnd):
            if not self._progress:
                line = f"[{self._done}/{self._total}] {printable(redact(self._visit_line()))}"
                self._console.print(line, markup=False, highlight=False, soft_wrap=True)
            self._samples.clear()

    def _visit_line(self) -> str:
        """One visit in one line: `round 3 s3.onnx…: cold 1234 ms, 6 warm 41-52 ms`."""
        if not self._samples:
            return "a visit without requests"
        first, *rest = self._samples
        begun = f"{first.seen.request_ms:.0f} ms" if first.seen.status == 200 else (first.seen.error or "failed")
        line = f"round {first.round} {first.variant.label}: {first.state} {begun}"
        for state, samples in itertools.groupby(rest, key=lambda sample: sample.state):
            line += f", {_several(state, list(samples))}"
        return line + (" (warm-up)" if first.warm_up else "")


def _several(state: str, samples: Sequence[Sample]) -> str:
    """Requests in one state: `6 warm 41-52 ms`, `4 burst (3 of them cold) 31-596 ms`."""
    times = [sample.seen.request_ms for sample in samples]
    cold = f" ({sum(sample.seen.invocation == 1 for sample in samples)} of them cold)" if state != WARM else ""
    return f"{len(samples)} {state}{cold} {min(times):.0f}-{max(times):.0f} ms"


@contextmanager
def reporting(total: int) -> Iterator[Reporter]:
    """A reporter on stderr for `total` requests."""
    console = Printer(stderr=True)
    if not console.is_terminal:
        yield Reporter(console, None, total)
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield Reporter(console, progress, total)
