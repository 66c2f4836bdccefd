"""How many requests find no environment: a keep-alive model of Lambda, with its assumption in the open.

An environment that has answered stays for `keep_alive_s` and then is gone. AWS does not publish this time; minutes to
tens of minutes are observed. Requests take the environment used last, as long as one is free.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence


def poisson_cold_share(requests_per_hour: float, keep_alive_s: float) -> float:
    """The share of cold starts among Poisson arrivals that do not overlap: the chance of a gap longer than that."""
    return math.exp(-requests_per_hour / 3600 * keep_alive_s)


def trace_cold_share(arrivals_s: Sequence[float], keep_alive_s: float, cold_s: float, warm_s: float) -> float:
    """The share of cold starts among arrivals at these times, overlapping ones included.

    A request holds its environment for `cold_s` or `warm_s`. Raises ValueError for a trace without arrivals.
    """
    if not arrivals_s:
        raise ValueError("a trace needs at least one arrival")
    free_since: list[float] = []  # of every environment there is, sorted; later than now: still busy
    colds = 0
    for now in sorted(arrivals_s):
        del free_since[: bisect.bisect_left(free_since, now - keep_alive_s)]
        ready = bisect.bisect_right(free_since, now)
        if ready:
            free_since.pop(ready - 1)
            bisect.insort(free_since, now + warm_s)
        else:
            colds += 1
            bisect.insort(free_since, now + cold_s)
    return colds / len(arrivals_s)
