"""Takes the work of a start and a request from what a run measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from bench.predict.situation import Work
from bench.predict.spread import Spread, between
from bench.process.errors import UsageError
from bench.runs.judge import Judged
from bench.runs.plan import Variant
from bench.runs.selection import select
from bench.stats.quantiles import quantile
from contract.phases import BOOT, ENCODE, HANDLER, IMPORT, LOAD, RANK, TOKENIZE, WAIT

_IN_HANDLER = (WAIT, TOKENIZE, ENCODE, RANK)


def work_of(judged: Sequence[Judged], variants: Sequence[Variant], cores: float) -> Work:
    """The work by a run's samples of these variants, which differ in the storage alone, on so many cores.

    A phase is a time on the clock, and phases run side by side: with a slow storage the imports take longer, because
    they share the cores with reading. The work is the same for all storages, so each phase is taken from the storage
    where its median is least. The spread is the middle half of its samples there. Raises UsageError without samples.
    """
    starts = [select(judged, variant, "cold").valid for variant in variants]
    requests = [select(judged, variant, "warm").valid for variant in variants]

    def phase(name: str, groups: Iterable[Sequence[Judged]]) -> Spread:
        return _least(name, groups, lambda item: item.sample.seen.phases_ms.get(name))

    return Work(
        boot=phase(BOOT, starts),
        imports=phase(IMPORT, starts),
        load=phase(LOAD, starts),
        tokenize=phase(TOKENIZE, requests if any(requests) else starts),
        first_encode=phase(ENCODE, starts),
        encode=phase(ENCODE, requests if any(requests) else starts),
        rank=phase(RANK, requests if any(requests) else starts),
        handler=_least(HANDLER, starts, _rest_of_handler),
        cores=cores,
    )


def _least(name: str, groups: Iterable[Sequence[Judged]], value: Callable[[Judged], float | None]) -> Spread:
    found = [[ms for item in group if (ms := value(item)) is not None] for group in groups]
    known = [points for points in found if points]
    if not known:
        raise UsageError(
            f"no sample that can be used tells how long the phase {name} took: nothing can be predicted from this run"
        )
    least = min(known, key=lambda points: quantile(points, 0.5))
    return between(quantile(least, 0.25), quantile(least, 0.5), quantile(least, 0.75))


def _rest_of_handler(item: Judged) -> float | None:
    phases = item.sample.seen.phases_ms
    if HANDLER not in phases:
        return None
    return max(0.0, phases[HANDLER] - sum(phases.get(name, 0.0) for name in _IN_HANDLER))
