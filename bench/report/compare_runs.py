"""Two runs side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.process.errors import UsageError
from bench.runs.conditions import conditions, differences
from bench.runs.judge import judge_run
from bench.runs.plan import Variant
from bench.runs.selection import State, select
from bench.runs.store import Run
from bench.stats.clusters import ratio_interval
from bench.stats.quantiles import Interval, quantile

STATES = ("cold", "warm")


@dataclass(frozen=True)
class Change:
    """A variant in a state in both runs: medians of answered requests in ms, and their ratio b / a with an interval.

    `visits` are the units of the interval, `answered` the shares of requests that were answered.
    """

    variant: Variant
    state: str
    a_ms: float
    b_ms: float
    n: tuple[int, int]
    visits: tuple[int, int]
    answered: tuple[float | None, float | None]
    interval: Interval | None

    @property
    def resolved(self) -> bool:
        """Whether the interval excludes that nothing changed."""
        return self.interval is not None and (self.interval.low > 1 or self.interval.high < 1)


def differences_in_kind(a: Run, b: Run) -> list[str]:
    """Why two runs are no like for like."""
    found = differences(conditions(a.first.target, a.first.facts), conditions(b.first.target, b.first.facts))
    found |= differences(_sizes(a), _sizes(b))
    mine, theirs = (", ".join(run.first.axes.engines) for run in (a, b))
    if not set(a.first.axes.engines) & set(b.first.axes.engines):
        found["the engine"] = mine, theirs
    return [f"{what} differs: {x or 'not recorded'} and {y or 'not recorded'}" for what, (x, y) in found.items()]


def _sizes(run: Run) -> dict[str, str | None]:
    """The memory that each backend's function had as deployed; nothing where memory sizes were set by the run."""
    if None not in run.first.axes.memories:
        return {}
    functions = {name: run.first.functions.get(name, {}).get("MemorySize") for name in run.first.axes.backends}
    return {f"the memory of {name}": f"{size} MB" for name, size in functions.items() if size is not None}


def changes(a: Run, b: Run) -> list[Change]:
    """All variants and states that both runs measured. Raises UsageError when there are none.

    Intervals hold for all comparisons together (Bonferroni): runs are not paired, visits are the units.
    """
    shared = list(_shared(a, b))
    if not shared:
        raise UsageError("the two runs have no variant in common")
    confidence = 1 - 0.05 / len(shared)
    return [
        Change(
            variant,
            state,
            quantile(x.latencies, 0.5),
            quantile(y.latencies, 0.5),
            (len(x.used), len(y.used)),
            (len(x.visits), len(y.visits)),
            (x.counts["answered_share"], y.counts["answered_share"]),
            ratio_interval(y.visits, x.visits, confidence),
        )
        for variant, state, x, y in shared
    ]


def _shared(a: Run, b: Run) -> Iterator[tuple[Variant, str, State, State]]:
    judged_a, judged_b = judge_run(a), judge_run(b)
    for variant in a.first.axes.variants():
        for state in STATES:
            x, y = select(judged_a, variant, state), select(judged_b, variant, state)
            if x.used and y.used:
                yield variant, state, x, y
