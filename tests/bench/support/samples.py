"""Makes judged samples of simulated runs, which have a time and a place in the plan, and nothing else."""

from __future__ import annotations

from typing import Literal

from bench.runs.judge import OK, Judged
from bench.runs.plan import Variant
from bench.runs.records import Observation, Sample


def judged(
    visit: str, number: int, *, at: tuple[int, int], variant: Variant, state: Literal["cold", "warm"], ms: float
) -> Judged:
    """A good answer after so many ms: the request of this number of a visit, `at` its round and its order in it."""
    sample = Sample(
        id=f"{visit}.{number}",
        visit=visit,
        session=1,
        round=at[0],
        order=at[1],
        warm_up=False,
        variant=variant,
        state=state,
        cold_kind="new-sandbox" if state == "cold" else None,
        utc="2026",
        elapsed_s=0.0,
        nonce="n",
        limit_ms=30_000.0,
        seen=Observation(0.0, ms, 200),
    )
    return Judged(sample, OK)
