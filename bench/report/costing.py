"""What the measured durations would cost on AWS."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from bench.cost.model import Assumptions, Billed, Costs, Usage, break_even, costs
from bench.cost.prices import Prices
from bench.report.rounding import ends, median_known
from bench.runs.judge import INVALID, Judged
from bench.runs.plan import Variant
from bench.runs.records import Session
from bench.runs.selection import State, answered_share, by_visit, select

COLD_SHARES = (0.01, 0.1, 1.0)
BREAK_EVEN_SHARE = 0.1
_LONGEST_S = 900  # Lambda's longest time-out, where the function's own is not recorded


def cost_section(judged: Sequence[Judged], session: Session) -> dict[str, Any] | None:
    """Costs of every variant and break-evens between backends; None for records without a price table."""
    if not session.prices:
        return None
    prices, assumptions = Prices(**session.prices), Assumptions()
    priced = {
        variant: found
        for variant in session.axes.variants()
        if (found := costs_of(judged, variant, session, prices, assumptions))
    }
    return {
        "region": prices.region,
        "prices_date": prices.date,
        "assumptions": asdict(assumptions),
        "variants": [_entry(judged, variant, found) for variant, found in priced.items()],
        "break_even": _break_evens(priced),
    }


def costs_of(
    judged: Sequence[Judged], variant: Variant, session: Session, prices: Prices, assumptions: Assumptions
) -> Costs | None:
    """What a variant costs, by Lambda's own REPORT lines; None when no cold or no warm request has one."""
    facts: Mapping[str, Any] = session.functions.get(variant.backend, {})
    limit_ms = float(facts.get("Timeout", _LONGEST_S)) * 1e3
    cold, warm = (_billed(select(judged, variant, state), limit_ms) for state in ("cold", "warm"))
    reports = [item.report for state in ("cold", "warm") for item in select(judged, variant, state).valid]
    memory = median_known(report.memory_mb for report in reports if report)
    if not cold or not warm or memory is None:
        return None
    usage = Usage(
        backend=variant.backend,
        architecture=str(session.target["architecture"]),
        memory_mb=int(memory),
        ephemeral_mb=int(facts.get("EphemeralStorage", {}).get("Size", 512)),
    )
    return costs(usage, cold, warm, prices, assumptions)


def _billed(state: State, limit_ms: float) -> tuple[tuple[Billed, ...], ...]:
    """Every request that was billed, by visit; of invalid ones it is not known what they were."""
    asked = (item for item in state.asked if item.status != INVALID)
    return by_visit((item, Billed(billed_ms(item, limit_ms), item.sample.seen.fetched_bytes or 0.0)) for item in asked)


def billed_ms(item: Judged, limit_ms: float) -> float:
    """What Lambda bills for a request, INIT included (REPORT counts it in, or names it apart).

    Without a REPORT line, as of most failures, it is taken for as long as the client waited, at most the time-out.
    """
    report, waited = item.report, min(item.sample.seen.request_ms, limit_ms)
    if report is None or report.duration_ms is None:
        return float(math.ceil(waited))
    return max(report.billed_ms or 0.0, math.ceil(report.duration_ms + (report.init_ms or 0.0)))


def _entry(judged: Sequence[Judged], variant: Variant, found: Costs) -> dict[str, Any]:
    return {
        **asdict(variant),
        "answered_share": answered_share(judged, variant),
        "cold_start_usd": round(found.cold_start, 9),
        "cold_start_interval_usd": ends(found.cold_start_interval, 9),
        "warm_request_usd": round(found.warm_request, 9),
        "warm_request_interval_usd": ends(found.warm_request_interval, 9),
        "thousand_requests_usd": {f"{share:g}": round(found.thousand(share), 6) for share in COLD_SHARES},
        "idle_month_usd": round(found.idle_month, 4),
    }


def _break_evens(priced: Mapping[Variant, Costs]) -> list[dict[str, Any]]:
    """Requests per month at which two backends cost the same, at one request in ten being a cold start."""
    entries = []
    for a, b in itertools.combinations(priced, 2):
        if replace(a, backend=b.backend) == b:
            found = break_even(priced[a], priced[b], BREAK_EVEN_SHARE)
            requests = None if found is None else round(found)
            entries.append(
                {"a": asdict(a), "b": asdict(b), "cold_share": BREAK_EVEN_SHARE, "requests_per_month": requests}
            )
    return entries
