"""The cold starts of other kinds, each reported apart: scale-out, after idling, first after a deployment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.report.rounding import finite
from bench.runs.judge import FAILED, INVALID, Judged
from bench.runs.plan import FIRST_DEPLOY, IDLE, SCALE_OUT, Variant
from bench.runs.selection import latency_ms
from bench.stats.quantiles import quantile


def other_kinds(judged: Sequence[Judged], variants: Sequence[Variant], bursts: Sequence[int]) -> list[dict[str, Any]]:
    """One entry per variant and kind that was measured; `size` is the number of simultaneous requests."""
    entries = []
    for variant in variants:
        mine = [item for item in judged if item.sample.variant == variant]
        for size in bursts:
            at_once = [item for item in mine if item.sample.visit.endswith(f".burst{size}")]
            entries.append(_entry(variant, SCALE_OUT, at_once, size))
        entries.append(_entry(variant, IDLE, [item for item in mine if item.sample.state == "idle"]))
        entries.append(_entry(variant, FIRST_DEPLOY, [i for i in mine if i.sample.cold_kind == FIRST_DEPLOY]))
    return [entry for entry in entries if entry["requests"]]


def _entry(variant: Variant, kind: str, samples: Sequence[Judged], size: int = 1) -> dict[str, Any]:
    """`cold` of the `requests` were cold starts; medians of those that were and those that were not, in ms."""
    measured = [item for item in samples if item.sample.state != "primer"]
    good = [item for item in measured if item.status in ("ok", "censored")]
    cold = [latency_ms(item) for item in good if item.sample.seen.invocation in (1, None)]
    warm = [latency_ms(item) for item in good if item.sample.seen.invocation not in (1, None)]
    return {
        "backend": variant.backend,
        "engine": variant.engine,
        "memory_mb": variant.memory_mb,
        "tokens": variant.tokens,
        "arm": variant.arm,
        "kind": kind,
        "size": size,
        "requests": len(measured),
        "cold": len(cold),
        "invalid": sum(1 for item in measured if item.status == INVALID),
        "failed": sum(1 for item in measured if item.status == FAILED),
        "cold_p50_ms": finite(quantile(cold, 0.5)) if cold else None,
        "cold_max_ms": finite(max(cold)) if cold else None,
        "warm_p50_ms": finite(quantile(warm, 0.5)) if warm else None,
    }
