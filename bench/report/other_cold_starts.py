"""Counts the cold starts of the kinds that are reported apart, such as those of scale-out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.report.rounding import Ends, ends, finite
from bench.runs.cold_starts import COLD_STARTS, ColdStartAxes
from bench.runs.cold_starts.axes import WARM_UP_ROUND
from bench.runs.cold_starts.kind import ColdStart
from bench.runs.judge import CENSORED, FAILED, INVALID, OK, Judged
from bench.runs.plan import Axes, Variant, build_plan
from bench.runs.selection import latency_ms
from bench.stats.quantiles import quantile, quantile_interval


@dataclass(frozen=True)
class OtherColdStarts:
    """The requests of one kind to one variant, `size` of them at once, after `pause_s` without any.

    `cold` of the `requests` were cold starts; the medians are of those that were (with its 95 % interval) and of those
    that were not, in ms.
    """

    variant: Variant
    kind: str
    size: int
    pause_s: float
    requests: int
    cold: int
    invalid: int
    failed: int
    cold_p50_ms: float | None
    cold_interval_ms: Ends | None
    cold_max_ms: float | None
    warm_p50_ms: float | None


def other_cold_starts(judged: Sequence[Judged], axes: Axes) -> tuple[OtherColdStarts, ...]:
    """A row for each variant, kind, number at once and pause that was measured, in the order of the kinds' list."""
    case_of = {visit.id: _case(visit.cold_start) for visit in build_plan(axes)}
    measured: dict[tuple[Variant, str | None, tuple[int, float] | None], list[Judged]] = {}
    for item in judged:
        key = item.sample.variant, item.sample.cold_kind, case_of.get(item.sample.visit)
        measured.setdefault(key, []).append(item)
    wanted = [(kind.name, case) for kind in COLD_STARTS if kind.reported_apart for case in _cases(kind, axes)]
    keys = [(variant, name, case) for variant in axes.variants() for name, case in wanted]
    return tuple(_row(*key, measured[key]) for key in keys if key in measured)


def not_measured(axes: Axes) -> tuple[str, ...]:
    """The kinds of cold start that the plan leaves out."""
    return tuple(kind.name for kind in COLD_STARTS if not any(_cases(kind, axes)))


def _cases(kind: type[ColdStart[ColdStartAxes]], axes: Axes) -> dict[tuple[int, float], None]:
    """How a kind is measured, in the order of its option."""
    rounds = (WARM_UP_ROUND, WARM_UP_ROUND + 1)
    return dict.fromkeys(_case(cold_start) for number in rounds for cold_start in kind.planned(axes, number))


def _case(cold_start: ColdStart[ColdStartAxes]) -> tuple[int, float]:
    """How many requests come at once, and after what pause."""
    return cold_start.at_once, cold_start.waits_s


def _row(variant: Variant, kind: str, case: tuple[int, float], samples: Sequence[Judged]) -> OtherColdStarts:
    good = [item for item in samples if item.status in (OK, CENSORED)]
    cold = [latency_ms(item) for item in good if item.sample.seen.invocation in (1, None)]
    warm = [latency_ms(item) for item in good if item.sample.seen.invocation not in (1, None)]
    return OtherColdStarts(
        variant=variant,
        kind=kind,
        size=case[0],
        pause_s=case[1],
        requests=len(samples),
        cold=len(cold),
        invalid=sum(1 for item in samples if item.status == INVALID),
        failed=sum(1 for item in samples if item.status == FAILED),
        cold_p50_ms=finite(quantile(cold, 0.5)) if cold else None,
        cold_interval_ms=ends(quantile_interval(cold)),
        cold_max_ms=finite(max(cold)) if cold else None,
        warm_p50_ms=finite(quantile(warm, 0.5)) if warm else None,
    )
