"""Measures adaptive runs: what their intervals hold, and how often they find a difference that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from tests.acceptance.table import Row
from tests.bench.support.stopping import Planted, adaptive_run

RUNS = 1_000
SEED = 17
CASES = (
    *(Planted(effect) for effect in (0.0, 0.3, 0.6, 2.0, 5.0)),
    *(Planted(effect, skewed=True) for effect in (0.0, 1.0)),
    *(Planted(effect, backends=3) for effect in (0.0, 1.0)),
)


def adaptive_runs_are_honest() -> Iterator[Row]:
    """Runs of 10 to 40 rounds with looks after 10, 20 and 40."""
    for case in CASES:
        ended = [adaptive_run(case, (SEED, number)) for number in range(RUNS)]
        rounds = sum(run.rounds for run in ended) / RUNS
        for what, held in (
            ("difference", sum(run.difference_held for run in ended) / RUNS),
            ("median", sum(run.median_held for run in ended) / RUNS),
        ):
            yield Row(
                f"adaptive, {case.name}: interval of a {what} covers",
                "93-97 %",
                f"{held:.1%} of {RUNS:,} runs, {rounds:.0f} rounds on average",
                0.93 <= held <= 0.97,
            )
        if case.effect == 0:
            false = sum(any(each.verdict.resolved for each in run.found) for run in ended) / RUNS
            yield Row(
                f"adaptive, {case.name}: false differences", "<= 5 %", f"{false:.1%} of {RUNS:,} runs", false <= 0.05
            )


MEASURES = [adaptive_runs_are_honest]
