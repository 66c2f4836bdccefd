"""Judges whether a stretch of a load met an objective such as p95<800ms: it did, it did not, or nobody can tell."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bench.runs.loads import Arrival
from bench.stats.special import share_limits

MEETS, FAILS, UNDECIDED = "meets", "does not", "undecided"
CONFIDENCE = 0.95
_FORM = re.compile(r"p(\d{1,2}(?:\.\d)?)\s*<\s*(\d+(?:\.\d+)?)\s*(ms|s)")
_BLOCKS = 10


@dataclass(frozen=True)
class Objective:
    """That this share of the requests that are due is answered within `limit_ms`, counted from when each was due."""

    share: float
    limit_ms: float

    def __str__(self) -> str:
        return f"p{100 * self.share:g}<{self.limit_ms:g}ms"

    @property
    def least_requests(self) -> int:
        """How many requests it takes to show it in spite of one miss."""
        return next(n for n in itertools.count(2) if share_limits(n - 1, 1, n, CONFIDENCE)[0] >= self.share)


def parse_objective(text: str) -> Objective:
    """The objective in `p95<800ms` or `p99<1.5s`. Raises ValueError for anything else."""
    match = _FORM.fullmatch(text.strip().lower())
    if not match:
        raise ValueError(f"{text!r} is not an objective such as p95<800ms")
    share, limit_ms = float(match[1]) / 100, float(match[2]) * (1e3 if match[3] == "s" else 1)
    if not 0.5 <= share < 1 or limit_ms <= 0:
        raise ValueError(f"{text!r}: the percentile is 50 to 99.9, and the time above 0")
    return Objective(share, limit_ms)


@dataclass(frozen=True)
class Met:
    """How an objective was met: the share of the requests within it, its limits (each at 95 %), and the verdict.

    `independent` is how many independent requests these are worth: neighbours meet the same queue.
    """

    within: float
    low: float
    high: float
    independent: int
    verdict: str


def judge_step(arrivals: Sequence[Arrival], duration_s: float, objective: Objective) -> Met:
    """Judge the requests of one step. What failed or was dropped is not within any limit.

    The limits are exact (Clopper-Pearson) for as many independent requests as give the variance that ten blocks of
    time show, after Korn and Graubard (Survey Methodology 24, 1998). Raises ValueError without requests.
    """
    if not arrivals:
        raise ValueError("no request was due in this step")
    n = len(arrivals)
    missed = [not _is_within(arrival, objective.limit_ms) for arrival in arrivals]
    effective = max(1, math.floor(n / _design_effect(arrivals, missed, duration_s)))
    share = sum(missed) / n
    low, _ = share_limits(effective - math.ceil(share * effective), 0, effective, CONFIDENCE)
    _, high = share_limits(0, math.floor(share * effective), effective, CONFIDENCE)
    verdict = MEETS if low >= objective.share else FAILS if high < objective.share else UNDECIDED
    return Met(1 - share, low, high, effective, verdict)


def _is_within(arrival: Arrival, limit_ms: float) -> bool:
    return arrival.status == 200 and arrival.latency_ms is not None and arrival.latency_ms < limit_ms


def _design_effect(arrivals: Sequence[Arrival], missed: Sequence[bool], duration_s: float) -> float:
    """By how much the variance of the missed share, taken between blocks of time, exceeds that of a fair coin."""
    blocks = [[0, 0] for _ in range(_BLOCKS)]
    for arrival, miss in zip(arrivals, missed, strict=True):
        block = blocks[min(_BLOCKS - 1, int(arrival.due_s / duration_s * _BLOCKS))]
        block[0] += 1
        block[1] += miss
    n, share = len(arrivals), sum(missed) / len(arrivals)
    if share in (0.0, 1.0):
        return 1.0
    between = sum((misses - share * size) ** 2 for size, misses in blocks) * _BLOCKS / (_BLOCKS - 1)
    return max(1.0, between / (n * share * (1 - share)))
