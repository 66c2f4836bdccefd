"""Compares the two engines: ratios of medians for the same backend, memory, text and arm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.report.rounding import Ends, ends, finite
from bench.runs.judge import Judged
from bench.runs.plan import Variant
from bench.runs.selection import State, select
from bench.stats.clusters import ratio_interval
from bench.stats.quantiles import quantile

OURS, THEIRS = "onnx", "transformers"


@dataclass(frozen=True)
class EngineRatio:
    """Medians of both engines in ms and onnx / transformers with its interval (95 %); `variant` is the onnx one.

    `visits` (the units of the interval) and `answered_shares` are of onnx and of transformers.
    """

    variant: Variant
    state: str
    onnx_p50_ms: float | None
    transformers_p50_ms: float | None
    ratio: float | None
    ratio_interval: Ends | None
    visits: tuple[int, int]
    answered_shares: tuple[float | None, float | None]


def engine_ratios(judged: Sequence[Judged], variants: Sequence[Variant]) -> tuple[EngineRatio, ...]:
    """One entry per onnx variant and state that transformers was measured in as well."""
    ratios = []
    for variant in variants:
        other = replace(variant, engine=THEIRS)
        for state in ("cold", "warm") if variant.engine == OURS and other in variants else ():
            mine, theirs = select(judged, variant, state), select(judged, other, state)
            if mine.used and theirs.used:
                ratios.append(_ratio(variant, state, mine, theirs))
    return tuple(ratios)


def _ratio(variant: Variant, state: str, onnx: State, transformers: State) -> EngineRatio:
    onnx_ms, transformers_ms = quantile(onnx.latencies, 0.5), quantile(transformers.latencies, 0.5)
    ratio = onnx_ms / transformers_ms if math.isfinite(onnx_ms) and transformers_ms > 0 else None
    return EngineRatio(
        variant=variant,
        state=state,
        onnx_p50_ms=finite(onnx_ms),
        transformers_p50_ms=finite(transformers_ms),
        ratio=finite(ratio, 5),
        ratio_interval=ends(ratio_interval(onnx.visits, transformers.visits), 5),
        visits=(len(onnx.visits), len(transformers.visits)),
        answered_shares=(onnx.counts.answered_share, transformers.counts.answered_share),
    )
