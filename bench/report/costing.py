"""Prices the measured durations: what they would cost on AWS."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bench.cost.model import FREE_EPHEMERAL_MB, Assumptions, Billed, Costs, Usage, break_even, costs
from bench.cost.prices import Prices
from bench.report.rounding import Ends, ends, median_known
from bench.runs.judge import INVALID, Judged
from bench.runs.plan import Variant
from bench.runs.recorded import recorded_function, recorded_target
from bench.runs.records import Session
from bench.runs.selection import State, answered_share, by_visit, select
from contract.limits import MAX_TIMEOUT_S

COLD_SHARES = (0.01, 0.1, 1.0)
BREAK_EVEN_SHARE = 0.1


@dataclass(frozen=True)
class PricedVariant:
    """What a variant costs in USD (means; `idle_month_usd`: a month without requests), with intervals (95 %).

    `thousand_requests_usd` are those of a thousand requests, by the share of cold starts among them.
    """

    variant: Variant
    answered_share: float | None
    cold_start_usd: float
    cold_start_interval_usd: Ends | None
    warm_request_usd: float
    warm_request_interval_usd: Ends | None
    thousand_requests_usd: Mapping[float, float]
    idle_month_usd: float

    def month_usd(self, requests: float, cold_share: float) -> float:
        """A month with so many requests."""
        return Costs(self.cold_start_usd, self.warm_request_usd, self.idle_month_usd).month(requests, cold_share)


@dataclass(frozen=True)
class BreakEven:
    """The requests a month at which two variants cost the same at `BREAK_EVEN_SHARE` cold starts; None: never."""

    a: Variant
    b: Variant
    requests_per_month: int | None


@dataclass(frozen=True)
class Costing:
    """What the run would cost on AWS, by a price list of a region and a date."""

    region: str
    prices_date: str
    assumptions: Assumptions
    variants: tuple[PricedVariant, ...]
    break_evens: tuple[BreakEven, ...]


def costing(judged: Sequence[Judged], session: Session) -> Costing | None:
    """The costs of every variant and the break-evens between backends; None for records without a price table."""
    if not session.prices:
        return None
    prices, assumptions = Prices(**session.prices), Assumptions()
    priced = {
        variant: found
        for variant in session.axes.variants()
        if (found := costs_of(judged, variant, session, prices, assumptions))
    }
    return Costing(
        region=prices.region,
        prices_date=prices.date,
        assumptions=assumptions,
        variants=tuple(_priced(judged, variant, found) for variant, found in priced.items()),
        break_evens=tuple(_break_evens(priced)),
    )


def costs_of(
    judged: Sequence[Judged], variant: Variant, session: Session, prices: Prices, assumptions: Assumptions
) -> Costs | None:
    """The costs of a variant by Lambda's own REPORT lines; None when no cold or no warm request has one."""
    function = recorded_function(session, variant.backend)
    limit_ms = float(MAX_TIMEOUT_S if function.timeout_s is None else function.timeout_s) * 1e3
    cold, warm = (_billed(select(judged, variant, state), limit_ms) for state in ("cold", "warm"))
    reports = [item.report for state in ("cold", "warm") for item in select(judged, variant, state).valid]
    memory = median_known(report.memory_mb for report in reports if report)
    if not cold or not warm or memory is None:
        return None
    usage = Usage(
        backend=variant.backend,
        architecture=str(recorded_target(session).architecture),
        memory_mb=int(memory),
        ephemeral_mb=FREE_EPHEMERAL_MB if function.ephemeral_mb is None else function.ephemeral_mb,
    )
    return costs(usage, cold, warm, prices, assumptions)


def _billed(state: State, limit_ms: float) -> tuple[tuple[Billed, ...], ...]:
    """Every billed request, by visit; invalid ones are left out, because nobody knows what they were."""
    asked = (item for item in state.asked if item.status != INVALID)
    return by_visit((item, Billed(billed_ms(item, limit_ms), item.sample.seen.fetched_bytes or 0.0)) for item in asked)


def billed_ms(item: Judged, limit_ms: float) -> float:
    """What Lambda bills for a request, INIT included (REPORT counts it in, or names it apart).

    Most failures have no REPORT line: they count with the time that the client waited, at most the time-out.
    """
    report, waited = item.report, min(item.sample.seen.request_ms, limit_ms)
    if report is None or report.duration_ms is None:
        return float(math.ceil(waited))
    return max(report.billed_ms or 0.0, math.ceil(report.duration_ms + (report.init_ms or 0.0)))


def _priced(judged: Sequence[Judged], variant: Variant, found: Costs) -> PricedVariant:
    return PricedVariant(
        variant=variant,
        answered_share=answered_share(judged, variant),
        cold_start_usd=round(found.cold_start, 9),
        cold_start_interval_usd=ends(found.cold_start_interval, 9),
        warm_request_usd=round(found.warm_request, 9),
        warm_request_interval_usd=ends(found.warm_request_interval, 9),
        thousand_requests_usd={share: round(found.thousand(share), 6) for share in COLD_SHARES},
        idle_month_usd=round(found.idle_month, 4),
    )


def _break_evens(priced: Mapping[Variant, Costs]) -> Iterator[BreakEven]:
    for a, b in itertools.combinations(priced, 2):
        if replace(a, backend=b.backend) == b:
            found = break_even(priced[a], priced[b], BREAK_EVEN_SHARE)
            yield BreakEven(a, b, None if found is None else round(found))
