"""Counts the cold starts of the kinds that are reported apart, such as those of scale-out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.report.rounding import finite
from bench.runs.cold_starts import COLD_STARTS, ColdStartAxes
from bench.runs.cold_starts.axes import WARM_UP_ROUND
from bench.runs.cold_starts.kind import ColdStart
from bench.runs.judge import CENSORED, FAILED, INVALID, OK, Judged
from bench.runs.plan import Axes, Variant, build_plan
from bench.runs.selection import latency_ms
from bench.stats.quantiles import quantile


@dataclass(frozen=True)
class OtherColdStarts:
    """The requests of one kind to one variant, `size` of them at once.

    `cold` of the `requests` were cold starts; the medians are of those that were and of those that were not, in ms.
    """

    variant: Variant
    kind: str
    size: int
    requests: int
    cold: int
    invalid: int
    failed: int
    cold_p50_ms: float | None
    cold_max_ms: float | None
    warm_p50_ms: float | None


def other_cold_starts(judged: Sequence[Judged], axes: Axes) -> tuple[OtherColdStarts, ...]:
    """A row for each variant, kind and number at once that was measured, in the order in which the kinds are listed."""
    size_of = {visit.id: visit.cold_start.at_once for visit in build_plan(axes)}
    measured: dict[tuple[Variant, str | None, int | None], list[Judged]] = {}
    for item in judged:
        key = item.sample.variant, item.sample.cold_kind, size_of.get(item.sample.visit)
        measured.setdefault(key, []).append(item)
    wanted = [(kind.name, size) for kind in COLD_STARTS if kind.reported_apart for size in _sizes(kind, axes)]
    keys = [(variant, *kind_and_size) for variant in axes.variants() for kind_and_size in wanted]
    return tuple(_row(*key, measured[key]) for key in keys if key in measured)


def _sizes(kind: type[ColdStart[ColdStartAxes]], axes: Axes) -> Iterable[int]:
    """The numbers of requests at once of a kind, in the order of its option."""
    rounds = (WARM_UP_ROUND, WARM_UP_ROUND + 1)
    return dict.fromkeys(cold_start.at_once for number in rounds for cold_start in kind.planned(axes, number))


def _row(variant: Variant, kind: str, size: int, samples: Sequence[Judged]) -> OtherColdStarts:
    good = [item for item in samples if item.status in (OK, CENSORED)]
    cold = [latency_ms(item) for item in good if item.sample.seen.invocation in (1, None)]
    warm = [latency_ms(item) for item in good if item.sample.seen.invocation not in (1, None)]
    return OtherColdStarts(
        variant=variant,
        kind=kind,
        size=size,
        requests=len(samples),
        cold=len(cold),
        invalid=sum(1 for item in samples if item.status == INVALID),
        failed=sum(1 for item in samples if item.status == FAILED),
        cold_p50_ms=finite(quantile(cold, 0.5)) if cold else None,
        cold_max_ms=finite(max(cold)) if cold else None,
        warm_p50_ms=finite(quantile(warm, 0.5)) if warm else None,
    )
