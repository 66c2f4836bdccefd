"""Predicts from a run's phases what it would measure on AWS."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy

from bench.predict.calculator import cold
from bench.predict.montecarlo import Predicted, Prediction, Source, compare, predict, predicted, sources
from bench.predict.parameters import DRAWS, SEED, Parameters, draw, parameter
from bench.predict.situation import Situation, code_bytes, fetch_of
from bench.predict.spread import Values
from bench.report.grounds import Evidence, Grounds, grounds_of
from bench.report.prediction import (
    Basis,
    Case,
    Likely,
    PredictedRun,
    PredictedTime,
    PredictedVerdict,
    Quantity,
)
from bench.report.quantities import TOLD
from bench.runs.cold_starts.first_deploy import FirstDeploy
from bench.runs.cold_starts.kind import WARM
from bench.runs.cold_starts.new_sandbox import NewSandbox
from bench.runs.recorded import recorded_bundles, recorded_fibonacci_ms, recorded_target
from bench.runs.records import Session
from contract.storages import storage
from published.read import collected

COLD_KINDS = (NewSandbox.name, FirstDeploy.name)
_MOST_SOURCES = 3  # parameters that are named for an interval; the rest is small


@dataclass(frozen=True)
class Wanted:
    """What to predict: memory sizes in MB and bytes that a cold start reads (empty: as measured), from which seed."""

    memories: tuple[int, ...] = ()
    sizes: tuple[int, ...] = ()
    seed: int = SEED


@dataclass(frozen=True)
class _Cased:
    """A case of some grounds, with its predictions by the kind of cold start."""

    case: Case
    by_kind: dict[str, Prediction]


def predicted_run(run: Evidence, wanted: Wanted) -> PredictedRun:
    """Times and verdicts on AWS, all from the same draws. Raises UsageError where the run does not say enough."""
    parameters = parameters_for(run.session, wanted.seed)
    times: list[PredictedTime] = []
    verdicts: list[PredictedVerdict] = []
    for ground in grounds_of(run):
        for memory_mb, size in itertools.product(wanted.memories or ground.memories, wanted.sizes or (None,)):
            cased = [_cased(ground, backend, memory_mb, size, parameters) for backend in ground.bytes_read]
            times += _times(ground, cased, parameters)
            verdicts += _verdicts(ground, cased, parameters)
    return PredictedRun(_basis(run.session, parameters, wanted.seed), tuple(times), tuple(verdicts))


def parameters_for(session: Session, seed: int) -> Parameters:
    """Draws of all parameters for work that was measured on the machine of a run, or on Lambda's own cores."""
    if recorded_target(session).is_lab:
        return draw(DRAWS, seed, recorded_fibonacci_ms(session))
    found = draw(DRAWS, seed)
    return replace(found, core_time=numpy.ones_like(found.core_time))


def _basis(session: Session, parameters: Parameters, seed: int) -> Basis:
    target = recorded_target(session)
    return Basis(
        run_utc=session.utc,
        run_on=str(target.kind),
        architecture=target.architecture,
        bundle_hash=target.bundle_hash,
        figures_date=collected(),
        draws=DRAWS,
        seed=seed,
        bundles={precision: digest for precision, digest in recorded_bundles(session.target).items() if digest},
        core_time=likely(predicted(parameters.core_time), digits=2) if target.is_lab else None,
    )


def situation_of(ground: Grounds, backend: str, memory_mb: int, bytes_read: int, kind: str) -> Situation:
    """The function of a backend on Lambda."""
    kept = storage(backend)
    return Situation(
        storage=kept,
        memory_mb=memory_mb,
        first_deploy=kind == FirstDeploy.name,
        engine=ground.engine,
        fetch=fetch_of(kept, ground.engine, bytes_read, precision=ground.precision),
        work=ground.work,
        code_bytes=code_bytes(ground.engine),
    )


def _cased(ground: Grounds, backend: str, memory_mb: int, size: int | None, parameters: Parameters) -> _Cased:
    case = Case(backend, ground.engine, memory_mb, ground.tokens, size or ground.bytes_read[backend], ground.precision)
    by_kind = {
        kind: predict(situation_of(ground, backend, memory_mb, case.bytes_read, kind), parameters)
        for kind in COLD_KINDS
    }
    return _Cased(case, by_kind)


def _times(ground: Grounds, cased: Sequence[_Cased], parameters: Parameters) -> Iterator[PredictedTime]:
    """The times of each kind for all backends."""
    for kind in COLD_KINDS:
        yield from (_cold(ground, one.case, kind, one.by_kind[kind], parameters) for one in cased)
    yield from (_warm(ground, one.case, one.by_kind[NewSandbox.name], parameters) for one in cased)


def _cold(ground: Grounds, case: Case, kind: str, found: Prediction, parameters: Parameters) -> PredictedTime:
    return PredictedTime(
        case=case,
        kind=kind,
        ms=likely(found.cold),
        run_ms=ground.run_ms(case.backend, case.memory_mb, case.bytes_read, kind),
        width=_width(sources(found.cold_draws, parameters)),
        parts_ms={name: likely(part) for name, part in found.parts.items()},
        quantities=_quantities(found.situation, parameters) if kind == NewSandbox.name else {},
        init_over=round(found.over_init, 4),
        given_up=round(found.over_api, 4),
    )


def _warm(ground: Grounds, case: Case, found: Prediction, parameters: Parameters) -> PredictedTime:
    return PredictedTime(
        case=case,
        kind=WARM,
        ms=likely(found.warm),
        run_ms=ground.run_ms(case.backend, case.memory_mb, case.bytes_read, WARM),
        width=_width(sources(found.warm_draws, parameters)),
        parts_ms={},
        quantities={},
        init_over=0.0,
        given_up=0.0,
    )


def _quantities(situation: Situation, parameters: Parameters) -> dict[str, Quantity]:
    start = cold(situation, parameters)
    found = {}
    for name, told in TOLD.items():
        draws = told.predicted(situation, parameters, start)
        strongest = next(iter(sources(draws, parameters)), None)
        found[name] = Quantity(likely(predicted(draws)), called(strongest.parameter) if strongest else None)
    return found


def _verdicts(ground: Grounds, cased: Sequence[_Cased], parameters: Parameters) -> Iterator[PredictedVerdict]:
    """A verdict for each kind and pair."""
    for kind, (a, b) in itertools.product((*COLD_KINDS, WARM), itertools.combinations(cased, 2)):
        found = compare(_draws(a, kind), _draws(b, kind), parameters)
        shares = {a.case.backend: found.first_faster, b.case.backend: found.second_faster}
        yield PredictedVerdict(
            kind=kind,
            a=a.case,
            b=b.case,
            ahead=max(shares, key=lambda backend: shares[backend]) if any(shares.values()) else None,
            agreement=round(1 - min(shares.values()), 4),
            difference_ms=likely(found.difference),
            mark=found.mark,
            decided_by=called(found.decides) if found.decides else None,
            run_says=ground.faster(a.case.backend, b.case.backend, kind),
        )


def _draws(one: _Cased, kind: str) -> Values:
    return one.by_kind[NewSandbox.name].warm_draws if kind == WARM else one.by_kind[kind].cold_draws


def _width(found: Sequence[Source]) -> dict[str, float]:
    return {called(source.parameter): round(source.share, 3) for source in found[:_MOST_SOURCES]}


def called(name: str) -> str:
    """What reports call a parameter."""
    return parameter(name).called


def likely(found: Predicted, digits: int = 1) -> Likely:
    """A predicted number, rounded."""
    return Likely(*(round(value, digits) + 0.0 for value in (found.median, found.low, found.high)))
