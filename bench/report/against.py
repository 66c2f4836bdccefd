"""Two runs side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.errors import UsageError
from bench.evidence.judge import judge_run
from bench.plan import Variant
from bench.records.store import Run
from bench.report.select import select
from bench.stats.bootstrap import median_ratio_interval
from bench.stats.quantiles import Interval, quantile

STATES = ("cold", "warm")
_MUST_AGREE = (("kind", "the target"), ("bundle_hash", "the model bundle"), ("architecture", "the architecture"))


@dataclass(frozen=True)
class Change:
    """A variant in a state in both runs: medians in ms, and their ratio b / a with an interval."""

    variant: Variant
    state: str
    a_ms: float
    b_ms: float
    n: tuple[int, int]
    interval: Interval | None

    @property
    def resolved(self) -> bool:
        """Whether the interval excludes that nothing changed."""
        return self.interval is not None and (self.interval.low > 1 or self.interval.high < 1)


def differences_in_kind(a: Run, b: Run) -> list[str]:
    """Why two runs are no like for like."""
    reasons = []
    for key, what in _MUST_AGREE:
        values = a.first.target.get(key), b.first.target.get(key)
        if values[0] != values[1]:
            reasons.append(f"{what} differs: {values[0]} and {values[1]}")
    return reasons


def changes(a: Run, b: Run) -> list[Change]:
    """All variants and states that both runs measured. Raises UsageError when there are none.

    Intervals hold for all comparisons together (Bonferroni): runs are not paired, so their ratios are bootstrapped.
    """
    shared = [(variant, state, x, y) for variant, state, x, y in _shared(a, b)]
    if not shared:
        raise UsageError("the two runs have no variant in common")
    confidence = 1 - 0.05 / len(shared)
    return [
        Change(
            variant,
            state,
            quantile(x, 0.5),
            quantile(y, 0.5),
            (len(x), len(y)),
            median_ratio_interval(y, x, confidence),
        )
        for variant, state, x, y in shared
    ]


def _shared(a: Run, b: Run) -> Iterator[tuple[Variant, str, tuple[float, ...], tuple[float, ...]]]:
    judged_a, judged_b = judge_run(a), judge_run(b)
    for variant in a.first.axes.variants():
        for state in STATES:
            x, y = select(judged_a, variant, state).latencies, select(judged_b, variant, state).latencies
            if x and y:
                yield variant, state, x, y
