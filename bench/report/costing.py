"""What the measured durations would cost on AWS."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from bench.cost.model import Assumptions, Costs, Usage, break_even, costs
from bench.cost.prices import Prices
from bench.evidence.judge import Judged
from bench.plan import Variant
from bench.records.schema import Session
from bench.report.figures import median_known
from bench.report.select import select

COLD_SHARES = (0.01, 0.1, 1.0)
BREAK_EVEN_SHARE = 0.1


def cost_section(judged: Sequence[Judged], session: Session) -> dict[str, Any] | None:
    """Costs of every variant and break-evens between backends; None for records without a price table."""
    if not session.prices:
        return None
    prices, assumptions = Prices(**session.prices), Assumptions()
    priced = {
        variant: costs(usage, prices, assumptions)
        for variant in session.axes.variants()
        if (usage := usage_of(judged, variant, session))
    }
    return {
        "region": prices.region,
        "prices_date": prices.date,
        "assumptions": asdict(assumptions),
        "variants": [_entry(variant, found) for variant, found in priced.items()],
        "break_even": _break_evens(priced),
    }


def usage_of(judged: Sequence[Judged], variant: Variant, session: Session) -> Usage | None:
    """What a variant uses, by Lambda's own REPORT lines; None when it has no valid cold and warm sample."""
    cold, warm = select(judged, variant, "cold").valid, select(judged, variant, "warm").valid
    init = median_known(item.report.init_ms for item in cold if item.report)
    cold_ms = median_known(item.report.duration_ms for item in cold if item.report)
    warm_ms = median_known(item.report.duration_ms for item in warm if item.report)
    memory = median_known(item.report.memory_mb for item in cold if item.report)
    if cold_ms is None or warm_ms is None or memory is None:
        return None
    facts: Mapping[str, Any] = session.functions.get(variant.backend, {})
    return Usage(
        backend=variant.backend,
        architecture=str(session.target["architecture"]),
        memory_mb=int(memory),
        init_ms=init or 0.0,
        cold_ms=cold_ms,
        warm_ms=warm_ms,
        fetched_bytes=median_known(item.sample.seen.fetched_bytes for item in cold) or 0.0,
        ephemeral_mb=int(facts.get("EphemeralStorage", {}).get("Size", 512)),
    )


def _entry(variant: Variant, found: Costs) -> dict[str, Any]:
    return {
        **asdict(variant),
        "cold_start_usd": round(found.cold_start, 9),
        "warm_request_usd": round(found.warm_request, 9),
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
