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
from contract.phases import BOOT, ENCODE, HANDLER, IMPORT, INIT, LOAD, RANK, TOKENIZE, WAIT

_IN_HANDLER = (WAIT, TOKENIZE, ENCODE, RANK)
_MB = 1e6


def work_of(judged: Sequence[Judged], variants: Sequence[Variant], cores: float) -> Work:
    """The work by a run's samples of these variants, which differ in the storage alone, on so many cores.

    Booting, imports, loading and encoding count in core time where the run has it. A phase takes longer on the clock
    where others run beside it, as the imports do with a slow storage. The work itself is the same for all storages, so
    each phase is taken from the storage where its median is least. The spread is the middle half of its samples there.
    Raises UsageError without samples.
    """
    starts = [select(judged, variant, "cold").valid for variant in variants]
    requests = [select(judged, variant, "warm").valid for variant in variants]
    warm = requests if any(requests) else starts
    has_cores = all(ENCODE in item.sample.seen.cores_ms for group in (*starts, *requests) for item in group)

    def phase(name: str, groups: Iterable[Sequence[Judged]], *, in_cores: bool = False) -> Spread:
        of = _core if in_cores and has_cores else _clock
        return _least(name, groups, lambda item: of(item, name))

    return Work(
        boot=phase(BOOT, starts, in_cores=True),
        imports=phase(IMPORT, starts, in_cores=True),
        load=phase(LOAD, starts, in_cores=True),
        tokenize=phase(TOKENIZE, warm),
        first_encode=phase(ENCODE, starts, in_cores=True),
        encode=phase(ENCODE, warm, in_cores=True),
        rank=phase(RANK, warm),
        handler=_least(HANDLER, starts, _rest_of_handler),
        cores=1.0 if has_cores else cores,
    )


def fetch_core_ms(judged: Sequence[Judged], variant: Variant) -> Spread | None:
    """The core time of fetching a MB: INIT's less imports and loading. None without core times, or without bytes."""
    found = [
        max(0.0, whole - _core_or_0(item, IMPORT) - _core_or_0(item, LOAD)) / (fetched / _MB)
        for item in select(judged, variant, "cold").valid
        if (whole := _core(item, INIT)) is not None and (fetched := item.sample.seen.fetched_bytes)
    ]
    return _middle_half(found) if found else None


def _least(name: str, groups: Iterable[Sequence[Judged]], value: Callable[[Judged], float | None]) -> Spread:
    found = [[ms for item in group if (ms := value(item)) is not None] for group in groups]
    known = [points for points in found if points]
    if not known:
        raise UsageError(
            f"no sample that can be used tells how long the phase {name} took: nothing can be predicted from this run"
        )
    return _middle_half(min(known, key=lambda points: quantile(points, 0.5)))


def _middle_half(points: Sequence[float]) -> Spread:
    return between(quantile(points, 0.25), quantile(points, 0.5), quantile(points, 0.75))


def _clock(item: Judged, name: str) -> float | None:
    return item.sample.seen.phases_ms.get(name)


def _core(item: Judged, name: str) -> float | None:
    return item.sample.seen.cores_ms.get(name)


def _core_or_0(item: Judged, name: str) -> float:
    return _core(item, name) or 0.0


def _rest_of_handler(item: Judged) -> float | None:
    phases = item.sample.seen.phases_ms
    if HANDLER not in phases:
        return None
    return max(0.0, phases[HANDLER] - sum(phases.get(name, 0.0) for name in _IN_HANDLER))
