"""Says how many servers, and how large ones, do what the function does: each does one request at a time, as it does."""

from __future__ import annotations

import math

from bench.cost.alternatives.alternative import Case
from published.read import number

BUSY = 0.5
"""How busy servers may be on average, so that requests at random seldom wait: an assumption."""
_LARGE_VCPUS, _LARGE_GB = 2, 8  # of an instance of the size large (m5, m7g, m7i)


def servers(case: Case) -> int:
    """How many, at the mean rate of the traffic's hours."""
    return max(1, math.ceil(case.traffic.per_hour / 3600 * case.costs.warm_s / BUSY))


def vcpus(memory_mb: float) -> float:
    """The processors that Lambda gives to so much memory."""
    return memory_mb / number("mb-per-vcpu").value


def larges(memory_mb: float) -> int:
    """The smallest instance that has as much, in instances of the size large: sizes double, and prices with them."""
    wanted = max(memory_mb / 1024 / _LARGE_GB, vcpus(memory_mb) / _LARGE_VCPUS)
    return int(2 ** max(0, math.ceil(math.log2(wanted))))
