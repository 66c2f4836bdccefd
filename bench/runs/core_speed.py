"""Times a core of this machine by two tasks that others timed on Lambda, so that a prediction knows how fast it is."""

from __future__ import annotations

import array
import random
import statistics
import time
from collections.abc import Callable

_PUBLISHED_N, _N = 33, 25  # a forty-seventh of the calls takes a forty-seventh of the time
_REPEATS = 5
_SORTED_BYTES = 100 << 20


def fibonacci_ms() -> float:
    """The core time of `fibonacci(33)`, the task of the figure `core-fibonacci`: a median, in 0.1 s."""
    measured = statistics.median(_core_ms(lambda: _fibonacci(_N)) for _ in range(_REPEATS))
    return measured * _calls(_PUBLISHED_N) / _calls(_N)


def sort_ms() -> float:
    """The core time of sorting 100 MiB of numbers, the task of the figure `core-sort`; takes 10 s and 1 GB."""
    return _core_ms(_sort)


def _core_ms(task: Callable[[], object]) -> float:
    before = time.thread_time()
    task()
    return (time.thread_time() - before) * 1e3


def _fibonacci(n: int) -> int:
    return n if n <= 1 else _fibonacci(n - 1) + _fibonacci(n - 2)


def _calls(n: int) -> int:
    """How often `_fibonacci(n)` calls itself, the first time included."""
    calls, following = 1, 1
    for _ in range(n):
        calls, following = following, calls + following + 1
    return calls


def _sort() -> None:
    numbers = array.array("q", (random.getrandbits(30) for _ in range(_SORTED_BYTES // 8)))
    array.array("q", sorted(numbers))
