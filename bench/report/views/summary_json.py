"""Puts a report into the JSON of summary.json: its keys are for those who read the figures with a program."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bench.cost.month import Month
from bench.cost.traffic import Traffic
from bench.report.comparisons import Comparison
from bench.report.costing import BreakEven, Costing, PricedVariant
from bench.report.engines import EngineRatio
from bench.report.measured import Latency, Measured
from bench.report.other_cold_starts import OtherColdStarts
from bench.report.other_ways import OtherWays, Way
from bench.report.recommendation import Advice, Recommendation, Standing
from bench.report.report import Meta, Report
from bench.report.rounding import ends, finite


def summary_text(report: Report) -> str:
    """The file. Fails for a number that JSON does not have."""
    return json.dumps(to_json(report), indent=2, allow_nan=False) + "\n"


def to_json(report: Report) -> dict[str, Any]:
    """The whole summary, single samples left out."""
    return {
        "recommendation": _advice(report.advice),
        "meta": _meta(report.meta),
        "untrusted": report.untrusted,
        "variants": [_variant(item) for item in report.variants],
        "drifts": [asdict(drift) for drift in report.drifts],
        "comparisons": [_comparison(item) for item in report.comparisons],
        "answers": asdict(report.answers) | {"equal": report.answers.equal},
        "precisions": [asdict(item) for item in report.precisions],
        "precision_comparisons": [_comparison(item) for item in report.precision_comparisons],
        "engine_ratios": [_engine_ratio(item) for item in report.engine_ratios],
        "other_cold_starts": [_other(item) for item in report.other_cold_starts],
        "keep_alive": asdict(report.keep_alive) if report.keep_alive else None,
        "ping_ms": report.ping_ms,
        "costs": _costs(report.costs) if report.costs else None,
        "other_ways": [other_ways_json(item) for item in report.other_ways],
        "on_aws": asdict(report.on_aws) if report.on_aws else None,
    }


def _meta(meta: Meta) -> dict[str, Any]:
    session = meta.session
    return {
        "schema": session.schema,
        "started_utc": session.utc,
        "sessions": meta.sessions,
        "ended": meta.ended,
        "seed": session.axes.seed,
        "axes": asdict(meta.axes),
        "target": session.target,
        "functions": session.functions,
        "facts": session.facts,
        "requests": {"planned": meta.planned, "made": meta.made, "torn_lines": meta.torn_lines},
        "notes": meta.notes,
    }


def _variant(item: Measured) -> dict[str, Any]:
    return {
        **asdict(item.variant),
        "storage": item.storage,
        "cold": _latency(item.cold),
        "warm": _latency(item.warm),
        "phases_ms": item.phases_ms,
        "breakdown_ms": {state: latency.parts_ms for state, latency in item.states.items()},
        "init_spans": {name: asdict(span) for name, span in item.cold.init_spans.items()},
        "fetched_bytes": item.fetched_bytes,
        "fetch_mb_s": item.fetch_mb_s,
        "max_memory_mb": item.max_memory_mb,
    }


def _latency(latency: Latency) -> dict[str, Any]:
    return {
        **asdict(latency.counts),
        "p50_ms": latency.p50_ms,
        "p50_interval_ms": ends(latency.interval),
        "p95_ms": latency.p95_ms,
        "p99_ms": latency.p99_ms,
        "connect_p50_ms": latency.connect_p50_ms,
    }


def _comparison(item: Comparison) -> dict[str, Any]:
    paired = item.paired
    return {
        "state": item.state,
        "a": asdict(item.a),
        "b": asdict(item.b),
        "rounds": paired.n if paired else 0,
        "difference_ms": finite(paired.difference) if paired else None,
        "difference_interval_ms": ends(paired.difference_interval) if paired else None,
        "ratio": finite(paired.ratio) if paired else None,
        "ratio_interval": ends(paired.ratio_interval) if paired else None,
        "adjusted_p": round(item.adjusted_p, 6),
        "resolved": item.verdict.resolved,
        "more_rounds": item.verdict.more_rounds,
        "verdict": item.verdict.sentence,
    }


def _engine_ratio(item: EngineRatio) -> dict[str, Any]:
    variant = item.variant
    return {
        "backend": variant.backend,
        "memory_mb": variant.memory_mb,
        "tokens": variant.tokens,
        "arm": variant.arm,
        "state": item.state,
        "onnx_p50_ms": item.onnx_p50_ms,
        "transformers_p50_ms": item.transformers_p50_ms,
        "ratio": item.ratio,
        "ratio_interval": item.ratio_interval,
        "visits": item.visits,
        "answered_shares": item.answered_shares,
    }


def _other(item: OtherColdStarts) -> dict[str, Any]:
    values = asdict(item)
    return {**values.pop("variant"), **values}


def _advice(advice: Advice) -> dict[str, Any]:
    return {
        "withheld": advice.withheld,
        "unmeasured": advice.unmeasured,
        "traffics": [_recommendation(item) for item in advice.recommendations],
        "cold_start_prices": [
            {
                "a": asdict(item.a),
                "b": asdict(item.b),
                "ratio": item.ratio,
                "ratio_interval": item.ratio_interval,
                "resolved": item.verdict.resolved,
                "verdict": item.verdict.sentence,
            }
            for item in advice.prices
        ],
    }


def _recommendation(item: Recommendation) -> dict[str, Any]:
    return {
        **{name: value for name, value in asdict(item).items() if name != "standings"},
        "standings": [_standing(standing) for standing in item.standings],
    }


def _standing(item: Standing) -> dict[str, Any]:
    return {**asdict(item.variant), "name": item.name, "wait_ms": item.wait_ms, **month_json(item.month)}


def month_json(month: Month) -> dict[str, Any]:
    """A month in dollars, as `choose --json` has it, too."""
    return {
        "usd_month": round(month.usd, 6),
        "usd_month_interval": ends(month.interval, 6),
        "requests_month": round(month.requests, 3),
        "cold_share": round(month.shares.cold, 9),
        "cold_share_range": [round(share, 9) for share in month.cold_shares],
    }


def other_ways_json(item: OtherWays) -> dict[str, Any]:
    """The ways for a function, as `choose --json` has them, too."""
    return {"name": item.name, "ways": [_way(way, item.traffics) for way in item.ways]}


def _way(way: Way, traffics: Sequence[Traffic]) -> dict[str, Any]:
    quote = way.quote
    months = zip(traffics, quote.months_usd, strict=not quote.missing)
    return {
        "way": quote.way.name,
        "missing": quote.missing,
        "usd_month": {traffic.name: round(usd, 6) for traffic, usd in months},
        "cheaper_requests_per_hour": [[finite(each.low), finite(each.high)] for each in quote.cheaper],
        "waits": [asdict(wait) for wait in way.waits],
        "assumed": quote.way.assumed,
    }


def _costs(costs: Costing) -> dict[str, Any]:
    prices, keep_alive = costs.rates.prices, costs.rates.keep_alive
    return {
        "region": prices.region,
        "prices_date": prices.date,
        "assumptions": {**asdict(costs.rates.assumptions), **_stored(costs)},
        "keep_alive_min": [keep_alive.low_min, keep_alive.middle_min, keep_alive.high_min],
        "keep_alive_source": keep_alive.source,
        "variants": [_priced(item, costs.traffics) for item in costs.variants],
        "break_even": [_break_even(item) for item in costs.break_evens],
    }


def _stored(costs: Costing) -> dict[str, Any]:
    """The size of the bundle; of several precisions, that of the first one and those of all."""
    first = next(iter(costs.stored_bytes.values()))
    several = {"stored_bytes_by_precision": costs.stored_bytes} if len(costs.stored_bytes) > 1 else {}
    return {"stored_bytes": first, **several}


def _priced(item: PricedVariant, traffics: Sequence[Traffic]) -> dict[str, Any]:
    found = item.costs
    return {
        **asdict(item.variant),
        "answered_share": item.answered_share,
        "cold_start_usd": round(found.cold_start, 9),
        "cold_start_interval_usd": ends(found.cold_start_interval, 9),
        "warm_request_usd": round(found.warm_request, 9),
        "warm_request_interval_usd": ends(found.warm_request_interval, 9),
        "idle_month_usd": round(found.idle_month, 4),
        "ready_month_usd": round(found.ready.month, 4) if found.ready else None,
        "ready_from_requests_per_hour": finite(item.ready_per_hour),
        "months": {
            traffic.name: {**month_json(month), "with_one_ready": month_json(ready) if ready else None}
            for traffic, month, ready in zip(traffics, item.months, item.ready_months, strict=True)
        },
    }


def _break_even(item: BreakEven) -> dict[str, Any]:
    return {
        "a": asdict(item.a),
        "b": asdict(item.b),
        "requests_per_hour": [round(rate, 3) for rate in item.per_hour],
    }
