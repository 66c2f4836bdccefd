"""Says how long an idle environment stays: as the run measured it on AWS by pauses, else as others published it."""

from __future__ import annotations

from bench.cost.keep_alive import KeepAlive, published_keep_alive
from bench.report.keep_alive import IdleSeries
from bench.runs.recorded import recorded_target
from bench.runs.records import Session


def keep_alive_of(series: IdleSeries | None, session: Session) -> KeepAlive:
    """The range. A lab keeps its environments by a rule of its own, which says nothing of Lambda."""
    published = published_keep_alive()
    if series is None or recorded_target(session).is_lab:
        return published
    low, high = (None if seconds is None else seconds / 60 for seconds in (series.low_s or None, series.high_s))
    if low is None and high is None:
        return published
    low_min = min(published.low_min, high or published.low_min) if low is None else low
    high_min = max(published.high_min, low_min) if high is None else high
    middle = min(max(published.middle_min, low_min), high_min)
    both = low is not None and high is not None
    return KeepAlive(low_min, middle, high_min, f"by this run's pauses{'' if both else ' and what others measured'}")
