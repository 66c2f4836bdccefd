"""Sends requests at their due times from a pool of threads; never waits for an answer before the next is due."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from bench.records.checks import CHECKED, Milliseconds, Seconds
from bench.records.schema import Observation


@dataclass(frozen=True)
class Arrival:
    """One request of a load. `latency_ms` counts from when it was due, so that waiting in our own queue is not hidden.

    `lag_ms` is how much later than due it was sent; a `dropped` request was not sent: too many were under way.
    """

    __pydantic_config__ = CHECKED

    backend: str
    due_s: Seconds
    lag_ms: Milliseconds = 0.0
    latency_ms: Milliseconds | None = None
    status: int | None = None
    cold: bool = False
    dropped: bool = False
    error: str | None = None


def drive(
    backend: str,
    due: Sequence[float],
    call: Callable[[], Observation],
    most_at_once: int,
    record: Callable[[Arrival], None],
) -> None:
    """Send a request at every due time. `record` is called once for each, never by two threads at a time."""
    lock, free = threading.Lock(), threading.Semaphore(most_at_once)
    started = time.perf_counter()

    def request(due_s: float) -> None:
        try:
            sent = time.perf_counter() - started
            seen = call()
            done = time.perf_counter() - started
        finally:
            free.release()
        arrival = Arrival(
            backend=backend,
            due_s=round(due_s, 6),
            lag_ms=round((sent - due_s) * 1e3, 3),
            latency_ms=round((done - due_s) * 1e3, 3),
            status=seen.status,
            cold=seen.invocation == 1,
            error=seen.error,
        )
        with lock:
            record(arrival)

    with ThreadPoolExecutor(most_at_once) as pool:
        for due_s in due:
            time.sleep(max(0.0, due_s - (time.perf_counter() - started)))
            if free.acquire(blocking=False):
                pool.submit(request, due_s)
            else:
                with lock:
                    record(Arrival(backend, round(due_s, 6), dropped=True))


def to_json(arrival: Arrival) -> dict[str, Any]:
    """The JSON object of one line of load.jsonl."""
    return {"kind": "arrival", **asdict(arrival)}
