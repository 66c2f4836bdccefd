"""Sends requests at their due times from a pool of threads; never waits for an answer before the next is due."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from bench.runs.loads import Arrival, Step
from bench.runs.records import Observation


def drive(
    step: Step,
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
            backend=step.backend,
            due_s=round(due_s, 6),
            lag_ms=round((sent - due_s) * 1e3, 3),
            latency_ms=round((done - due_s) * 1e3, 3),
            status=seen.status,
            cold=seen.invocation == 1,
            error=seen.error,
            step=step.number,
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
                    record(Arrival(step.backend, round(due_s, 6), dropped=True, step=step.number))
