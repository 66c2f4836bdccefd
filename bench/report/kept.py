"""Says how long an idle environment stays: as the run measured it on AWS by pauses, else as others published it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.cost.keep_alive import KeepAlive, published_keep_alive
from bench.runs.cold_starts.idle import Idle
from bench.runs.judge import OK, Judged
from bench.runs.plan import build_plan
from bench.runs.recorded import recorded_target
from bench.runs.records import Session


def keep_alive_of(judged: Sequence[Judged], session: Session) -> KeepAlive:
    """The range. A lab keeps its environments by a rule of its own, which says nothing of Lambda."""
    published = published_keep_alive()
    if recorded_target(session).is_lab:
        return published
    found = _after_pauses(judged, session)
    stayed, gone = ([pause_s / 60 for pause_s, there in found if there == wanted] for wanted in (True, False))
    low = max((pause for pause in stayed if pause < min(gone, default=math.inf)), default=None)
    high = min((pause for pause in gone if pause > max(stayed, default=0.0)), default=None)
    if low is None and high is None:
        return published
    low_min = min(published.low_min, high or math.inf) if low is None else low
    high_min = max(published.high_min, low_min) if high is None else high
    middle = min(max(published.middle_min, low_min), high_min)
    both = low is not None and high is not None
    return KeepAlive(low_min, middle, high_min, f"by this run's pauses{'' if both else ' and what others measured'}")


def _after_pauses(judged: Sequence[Judged], session: Session) -> list[tuple[float, bool]]:
    """Each pause in seconds, and whether its environment was still there after it."""
    pauses = {
        visit.id: visit.cold_start.pause_s for visit in build_plan(session.axes) if isinstance(visit.cold_start, Idle)
    }
    return [
        (pauses[item.sample.visit], (item.sample.seen.invocation or 0) > 1)
        for item in judged
        if item.status == OK and item.sample.cold_kind == Idle.name and item.sample.visit in pauses
    ]
