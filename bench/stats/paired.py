"""Compares two variants within rounds: how large the difference is, how sure, and whether it could be chance.

Within a round both variants met the same conditions, so a drift of the machine or the region cancels out. If the
variants are alike, both signs of a difference are equally likely, whatever the distribution: the test rests on that.

Intervals come from order statistics, not from the bootstrap: of simulated runs of 7 and 10 rounds, the percentile
bootstrap of the median covered the truth in 86-88 % and 93-94 %, order statistics in 95 %.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy

from bench.stats.quantiles import Interval, quantile, quantile_interval


@dataclass(frozen=True)
class Paired:
    """The difference a - b (ms) and the ratio a / b over `n` rounds: medians, intervals, unadjusted p-value.

    `undecided` rounds, in which both were given up at the limit, are left out. Intervals are None for too few rounds.
    """

    n: int
    undecided: int
    difference: float
    difference_interval: Interval | None
    ratio: float
    ratio_interval: Interval | None
    p_value: float


def compare_rounds(a: Mapping[int, float], b: Mapping[int, float], confidence: float = 0.95) -> Paired | None:
    """Compare two variants by round number; None when they share no round. Infinite values are censored ones."""
    shared = sorted(a.keys() & b.keys())
    decided = [number for number in shared if math.isfinite(a[number]) or math.isfinite(b[number])]
    if not decided:
        return None
    differences = [a[number] - b[number] for number in decided]
    ratios = [math.log(a[number]) - math.log(b[number]) for number in decided]
    log_interval = quantile_interval(ratios, 0.5, confidence)
    return Paired(
        n=len(decided),
        undecided=len(shared) - len(decided),
        difference=quantile(differences, 0.5),
        difference_interval=quantile_interval(differences, 0.5, confidence),
        ratio=math.exp(quantile(ratios, 0.5)),
        ratio_interval=Interval(math.exp(log_interval.low), math.exp(log_interval.high)) if log_interval else None,
        p_value=signed_rank_p(differences),
    )


def signed_rank_p(differences: Sequence[float]) -> float:
    """Two-sided exact p-value of Wilcoxon's signed-rank test, ties and zeros included (Pratt's treatment of zeros)."""
    magnitudes = sorted(abs(value) for value in differences)
    ranks = {value: _doubled_mid_rank(magnitudes, value) for value in set(magnitudes)}
    signed = [(ranks[abs(value)], value) for value in differences if value != 0]
    if not signed:
        return 1.0
    total = sum(rank for rank, _ in signed)
    positive = sum(rank for rank, value in signed if value > 0)
    extreme = min(positive, total - positive)
    probability = numpy.zeros(total + 1)  # of each sum of the positive ranks, under random signs
    probability[0] = 1.0
    for rank, _ in signed:
        shifted = numpy.concatenate((numpy.zeros(rank), probability[: total + 1 - rank]))
        probability = (probability + shifted) / 2
    return min(1.0, 2 * float(probability[: extreme + 1].sum()))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment: with these, the chance of any false alarm in the family stays below the level."""
    adjusted, running = [0.0] * len(p_values), 0.0
    for step, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        running = max(running, min(1.0, (len(p_values) - step) * p_values[index]))
        adjusted[index] = running
    return adjusted


def _doubled_mid_rank(ordered: Sequence[float], value: float) -> int:
    """Twice the average rank of a value among the ordered ones: an integer also for ties."""
    first = ordered.index(value) + 1
    return 2 * first + ordered.count(value) - 1
