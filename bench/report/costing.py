"""Prices the measured durations: what they would cost on AWS."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bench.cost.keep_alive import KeepAlive
from bench.cost.model import FREE_EPHEMERAL_MB, Assumptions, Billed, Costs, Usage, costs
from bench.cost.month import Month, break_evens, month_of, ready_break_even, ready_month
from bench.cost.prices import Prices
from bench.cost.traffic import STEADY, Traffic
from bench.report.rounding import median_known
from bench.runs.direct_reads import are_on
from bench.runs.foreign import OWN
from bench.runs.judge import INVALID, Judged
from bench.runs.plan import Variant, function_name
from bench.runs.recorded import recorded_bundle, recorded_function, recorded_mode, recorded_target
from bench.runs.records import Session
from bench.runs.selection import State, answered_share, by_visit, select
from contract.bucket import BUNDLE_BYTES
from contract.limits import MAX_TIMEOUT_S
from contract.storages import NAMES, storage


@dataclass(frozen=True)
class Rates:
    """What bills are computed with: prices, how long idle environments stay, and what no run can measure.

    `stored_bytes` overrides the size of the bundle that the run recorded.
    """

    prices: Prices
    keep_alive: KeepAlive
    assumptions: Assumptions = field(default_factory=Assumptions)
    stored_bytes: float | None = None


@dataclass(frozen=True)
class PricedVariant:
    """What a variant costs. `months` are of the costing's traffics, in their order, `ready_months` the same with an
    environment of provisioned concurrency; from `ready_per_hour` on this costs less (None: at no rate).
    """

    variant: Variant
    answered_share: float | None
    costs: Costs
    months: tuple[Month, ...]
    ready_months: tuple[Month | None, ...]
    ready_per_hour: float | None


@dataclass(frozen=True)
class BreakEven:
    """The requests an hour, at random around the clock, at which two variants cost the same; empty: at no rate."""

    a: Variant
    b: Variant
    per_hour: tuple[float, ...]


@dataclass(frozen=True)
class Costing:
    """What the run would cost on AWS. `size_is_recorded`: the run says how large the bundle is.

    `stored_bytes` are the sizes of the bundles, by precision.
    `modes` are what storages are billed in, by backend, where AWS has several.
    """

    rates: Rates
    stored_bytes: Mapping[str, float]
    size_is_recorded: bool
    modes: Mapping[str, str]
    traffics: tuple[Traffic, ...]
    variants: tuple[PricedVariant, ...]
    break_evens: tuple[BreakEven, ...]

    @property
    def said(self) -> str:
        """What all its figures rest on, in a sentence."""
        prices, size = self.rates.prices, sizes_in_words(self.stored_bytes)
        assumed = "" if self.size_is_recorded else " (assumed; the run does not say)"
        modes = "".join(f"; {backend} {mode}" for backend, mode in self.modes.items())
        return (
            f"List prices of {prices.region}, {prices.date}; {size}{assumed}{modes}; an idle environment stays "
            f"{self.rates.keep_alive.words} ({self.rates.keep_alive.source})."
        )


def costing(
    judged: Sequence[Judged], session: Session, traffics: Sequence[Traffic], keep_alive: KeepAlive
) -> Costing | None:
    """The costs of every variant and the break-evens between backends; None for records without a price table."""
    if not session.prices:
        return None
    rates = Rates(Prices(**session.prices), keep_alive)
    priced = {
        variant: found for variant in session.axes.variants() if (found := costs_of(judged, variant, session, rates))
    }
    return Costing(
        rates=rates,
        stored_bytes=bundle_sizes(session),
        size_is_recorded=recorded_target(session).bundle_bytes is not None,
        modes=dict(_modes(session)),
        traffics=tuple(traffics),
        variants=tuple(_priced(judged, variant, found, traffics, keep_alive) for variant, found in priced.items()),
        break_evens=tuple(_break_evens(priced, keep_alive)),
    )


def _modes(session: Session) -> Iterator[tuple[str, str]]:
    for backend in session.axes.backends:
        if backend not in NAMES:  # recorded by a version that knew another storage
            continue
        function = function_name(backend, session.axes.precisions[0])
        known, mode = storage(backend).modes, recorded_mode(session, function).name
        if len(known) > 1:
            yield backend, f"({mode} throughput)" if mode else f"(taken to have {known[0]} throughput)"


def bundle_sizes(session: Session, given: float | None = None) -> dict[str, float]:
    """What the bundle of each precision takes."""
    axes = session.axes
    return {each: stored_bytes(session, function_name(axes.backends[0], each), given) for each in axes.precisions}


def sizes_in_words(found: Mapping[str, float]) -> str:
    """The sizes of bundles."""
    if len(found) == 1:
        return f"a bundle of {next(iter(found.values())) / 1e6:,.1f} MB"
    return "bundles of " + " and ".join(f"{size / 1e6:,.1f} MB ({each})" for each, size in found.items())


def stored_bytes(session: Session, function: str, given: float | None = None) -> float:
    """What a function's bundle takes: as the user says, else as recorded, else what the default model does."""
    recorded = recorded_bundle(session, function).bytes_
    known = [size for size in (given, recorded) if size is not None]
    return known[0] if known else BUNDLE_BYTES


def costs_of(
    judged: Sequence[Judged], variant: Variant, session: Session, rates: Rates, confidence: float = 0.95
) -> Costs | None:
    """What a variant costs; None where cold or warm requests, or what they are billed by, are not known."""
    function, target = recorded_function(session, variant.function), recorded_target(session)
    limit_ms = (MAX_TIMEOUT_S if function.timeout_s is None else function.timeout_s) * 1e3
    cold, warm = (_billed(select(judged, variant, state), limit_ms) for state in ("cold", "warm"))
    reports = [item.report for state in ("cold", "warm") for item in select(judged, variant, state).valid]
    memory = median_known(report.memory_mb for report in reports if report)
    if not cold or not warm or memory is None or variant.engine == OWN:  # nobody knows what its storage costs
        return None
    mode = recorded_mode(session, variant.function)
    usage = Usage(
        backend=variant.storage,
        architecture=str(target.architecture),
        memory_mb=int(memory),
        ephemeral_mb=FREE_EPHEMERAL_MB if function.ephemeral_mb is None else function.ephemeral_mb,
        stored_bytes=stored_bytes(session, variant.function, rates.stored_bytes),
        mode=mode.name,
        provisioned_mibps=mode.provisioned_mibps,
        snapshot=variant.mode.restores,
        read_through=not are_on(variant.direct_reads, int(memory)),
    )
    return costs(usage, cold, warm, rates.prices, rates.assumptions, confidence)


def _billed(state: State, limit_ms: float) -> tuple[tuple[Billed, ...], ...]:
    """Every billed request, by visit; invalid ones are left out, because nobody knows what they were."""
    asked = (item for item in state.asked if item.status != INVALID)
    return by_visit((item, _bill(item, limit_ms)) for item in asked)


def _bill(item: Judged, limit_ms: float) -> Billed:
    return Billed(billed_ms(item, limit_ms), item.sample.seen.fetched_bytes or 0.0, item.sample.seen.fetches)


def billed_ms(item: Judged, limit_ms: float) -> float:
    """What Lambda bills for a request, INIT included (REPORT counts it in, or names it apart).

    Most failures have no REPORT line: they count with the time that the client waited, at most the time-out.
    """
    report, waited = item.report, min(item.sample.seen.request_ms, limit_ms)
    if report is None or report.duration_ms is None:
        return float(math.ceil(waited))
    return max(report.billed_ms or 0.0, math.ceil(report.duration_ms + (report.init_ms or 0.0)))


def _priced(
    judged: Sequence[Judged], variant: Variant, found: Costs, traffics: Sequence[Traffic], keep_alive: KeepAlive
) -> PricedVariant:
    return PricedVariant(
        variant=variant,
        answered_share=answered_share(judged, variant),
        costs=found,
        months=tuple(month_of(found, traffic, keep_alive) for traffic in traffics),
        ready_months=tuple(ready_month(found, traffic, keep_alive) for traffic in traffics),
        ready_per_hour=ready_break_even(found, STEADY, keep_alive),
    )


def _break_evens(priced: Mapping[Variant, Costs], keep_alive: KeepAlive) -> Iterator[BreakEven]:
    for a, b in itertools.combinations(priced, 2):
        if a.is_like(b):
            yield BreakEven(a, b, break_evens(priced[a], priced[b], STEADY, keep_alive))
