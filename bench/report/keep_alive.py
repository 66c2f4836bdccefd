"""Estimates how long an idle environment stays, from requests after pauses of several lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.report.table import Table
from bench.runs.cold_starts.idle import Idle
from bench.runs.judge import OK, PROACTIVE, Judged
from bench.runs.plan import Axes, build_plan
from bench.stats.special import share_limits
from bench.text.numbers import pause, percent


@dataclass(frozen=True)
class Pause:
    """A pause in seconds: after it, `gone` of the environments `asked` for were no longer there.

    `low` and `high` are the exact 95 % limits of that share.
    """

    pause_s: float
    asked: int
    gone: int
    low: float
    high: float


@dataclass(frozen=True)
class IdleSeries:
    """Between which pauses environments went, in seconds, over all variants of a run.

    After `low_s`, and after every shorter pause, all were still there (0: not even after the shortest). After
    `high_s`, and after every longer pause, all were gone (None: some outlived the longest). Nobody sees when an
    environment goes, only whether it has gone (interval censoring); so the truth is a distribution of which this
    is the support as far as it was seen. A lab's is the lab's own setting and says nothing about AWS.
    """

    low_s: float
    high_s: float | None
    pauses: tuple[Pause, ...]

    @property
    def sentence(self) -> str:
        """The estimate in words."""
        known = sum(each.asked for each in self.pauses)
        lived = f"all were still there after {pause(self.low_s)}" if self.low_s else "some were gone after the shortest"
        went = f"all were gone after {pause(self.high_s)}" if self.high_s else "some outlived the longest pause"
        return f"Of {known} idle environments, {lived}, and {went}."


def keep_alive(judged: Sequence[Judged], axes: Axes) -> IdleSeries | None:
    """The estimate from the idle requests of a run; None for a run without any that tells."""
    pause_of = {visit.id: visit.cold_start.waits_s for visit in build_plan(axes)}
    found: dict[float, list[bool]] = {}
    for item in judged:
        if item.sample.cold_kind == Idle.name and item.status in (OK, PROACTIVE) and item.sample.visit in pause_of:
            found.setdefault(pause_of[item.sample.visit], []).append(item.sample.seen.invocation == 1)
    if not found:
        return None
    pauses = tuple(_pause(length, found[length]) for length in sorted(found))
    low, high = 0.0, None
    for each in pauses:
        if each.gone:
            break
        low = each.pause_s
    for each in reversed(pauses):
        if each.gone < each.asked:
            break
        high = each.pause_s
    return IdleSeries(low, high, pauses)


def _pause(length: float, gone: Sequence[bool]) -> Pause:
    low, high = share_limits(sum(gone), len(gone) - sum(gone), len(gone), 0.975)
    return Pause(length, len(gone), sum(gone), round(low, 5), round(high, 5))


def keep_alive_table(found: IdleSeries) -> Table:
    """The share that was gone, by the pause."""
    rows = [
        (pause(each.pause_s), str(each.asked), str(each.gone), f"{percent(each.low)} to {percent(each.high)}")
        for each in found.pauses
    ]
    header = ("pause", "environments", "gone", "share gone (95 %)")
    return Table("How long an idle environment stays", header, rows, found.sentence)
