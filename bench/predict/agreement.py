"""Compares a run of the lab in Lambda's shape with the calculator on the lab's own parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy

from bench.predict.calculator import cold
from bench.predict.fetching import fetch_ms
from bench.predict.parameters import Parameters
from bench.predict.situation import Situation, fetch_of
from bench.predict.work import fetch_core_ms, work_of
from bench.process.errors import UsageError
from bench.runs.judge import Judged
from bench.runs.plan import Variant
from bench.runs.selection import select
from bench.stats.quantiles import quantile
from contract.phases import FETCH
from contract.storages import storage


@dataclass(frozen=True)
class Agreement:
    """A variant's cold starts in the shaped lab, and as computed: what REPORT says, INIT and the request, in ms.

    `fetch_ms` is the reading of `fetched` bytes as measured, `asked_ms` as the limits let the readers ask for them.
    """

    variant: Variant
    measured_ms: float
    computed_ms: float
    fetched: float
    fetch_ms: float
    asked_ms: float

    @property
    def ratio(self) -> float:
        """Measured by computed."""
        return self.measured_ms / self.computed_ms

    @property
    def fetch_mb_s(self) -> float:
        """The rate of reading as measured."""
        return self.fetched / 1e3 / self.fetch_ms

    @property
    def asked_mb_s(self) -> float:
        """The rate that the readers ask for."""
        return self.fetched / 1e3 / self.asked_ms


def agreement(
    judged: Sequence[Judged],
    variants: Sequence[Variant],
    memory_mb: int,
    lab: Parameters,
    *,
    readers: Mapping[str, int] | None = None,
    first_deploy: bool = False,
) -> tuple[Agreement, ...]:
    """The agreement of the variants of one engine, text length and memory size.

    `lab` are `lab_parameters`. The run's own core times are the work, so only the shape is computed: shares, network,
    streams, chunks and what goes side by side. `readers` are those that READERS sets, by backend. Raises UsageError
    where a variant has no cold start that can be used.
    """
    share = memory_mb / float(lab.mb_per_core[0])
    work = work_of(judged, variants, share)
    return tuple(
        Agreement(
            variant,
            _reported_ms(judged, variant),
            _computed_ms(judged, variant, lab, situation),
            situation.fetch.bytes_,
            _fetch_ms(judged, variant),
            float(fetch_ms(situation, lab)[0]),
        )
        for variant in variants
        for situation in (
            Situation(
                storage=storage(variant.backend),
                memory_mb=memory_mb,
                first_deploy=first_deploy,
                engine=variant.engine,
                fetch=fetch_of(
                    storage(variant.backend),
                    variant.engine,
                    _fetched(judged, variant),
                    (readers or {}).get(variant.backend),
                ),
                work=work,
                code_bytes=0.0,  # the lab shapes the bundle's storage, not the code's
            ),
        )
    )


def _computed_ms(judged: Sequence[Judged], variant: Variant, lab: Parameters, situation: Situation) -> float:
    core = fetch_core_ms(judged, variant)
    if core is not None:
        per_mb = core.at(numpy.array([0.5]))
        lab = replace(lab, bucket_core_ms=per_mb, file_core_ms=per_mb)
    return float(cold(situation, lab).total[0])


def _reported_ms(judged: Sequence[Judged], variant: Variant) -> float:
    reports = [
        item.report.init_ms + item.report.duration_ms
        for item in select(judged, variant, "cold").valid
        if item.report and item.report.init_ms is not None and item.report.duration_ms is not None
    ]
    if not reports:
        raise UsageError(f"{variant.label} has no cold start with a REPORT line")
    return quantile(reports, 0.5)


def _fetch_ms(judged: Sequence[Judged], variant: Variant) -> float:
    found = [item.sample.seen.phases_ms.get(FETCH) for item in select(judged, variant, "cold").valid]
    known = [ms for ms in found if ms]
    if not known:
        raise UsageError(f"{variant.label} has no cold start that says how long reading took")
    return quantile(known, 0.5)


def _fetched(judged: Sequence[Judged], variant: Variant) -> float:
    found = [item.sample.seen.fetched_bytes for item in select(judged, variant, "cold").valid]
    known = [float(size) for size in found if size]
    if not known:
        raise UsageError(f"{variant.label} has no cold start that says how many bytes it read")
    return quantile(known, 0.5)
