"""Writes the parts of a report that several tables and figures show: variants, medians, counts."""

from __future__ import annotations

from collections.abc import Iterable

from bench.report.measured import Latency
from bench.report.rounding import Ends, ends
from bench.runs.selection import Counts
from bench.text.numbers import ms


def median_with_interval(latency: Latency) -> str:
    """`123 (110-140)`: the median and its 95 % interval; says when it lies beyond the limit."""
    if latency.counts.n == 0:
        return "no valid sample"
    if latency.p50_ms is None:
        return "longer than the limit"
    return with_interval(latency.p50_ms, ends(latency.interval))


def with_interval(value_ms: float | None, interval: Ends | None) -> str:
    """`123 (110-140)`: a value in ms and its interval, where there is one."""
    if not interval:
        return ms(value_ms)
    low, high = (ms(end) if end is not None else "limit" for end in interval)
    return f"{ms(value_ms)} ({low}-{high})"


def counts_in_words(counts: Counts) -> str:
    """`60 in 10 visits`, or `8, 1 invalid, 1 failed`; `n` includes the censored ones and those with a second INIT."""
    named = {
        "censored": counts.censored,
        "invalid": counts.invalid,
        "failed": counts.failed,
        "proactive": counts.proactive,
        "second init": counts.second_init,
    }
    visits = f" in {counts.visits} visits" if counts.visits < counts.n else ""
    return ", ".join([f"{counts.n}{visits}", *(f"{number} {name}" for name, number in named.items() if number)])


def both(words: Iterable[str]) -> str:
    """Two figures in one cell, or one if they are the same."""
    return ", ".join(dict.fromkeys(words))
