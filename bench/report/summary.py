"""summary.json: the figures of a run, derived from its records. Everything else shows what is in here."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from bench.report.answers import compare_answers
from bench.report.breakdown import breakdown
from bench.report.comparisons import Comparison, compare_backends
from bench.report.costing import cost_section
from bench.report.drift import as_json, drifts
from bench.report.other_cold_starts import as_json as other_as_json
from bench.report.other_cold_starts import other_cold_starts
from bench.report.rounding import ends, finite, median_known
from bench.report.trust import reasons, warnings
from bench.runs.judge import SUPERSEDED, Judged, judge_run
from bench.runs.plan import Variant, build_plan, requests_in
from bench.runs.selection import State, select
from bench.runs.store import Run
from bench.stats.clusters import median_interval, ratio_interval
from bench.stats.quantiles import quantile, stated_quantile
from contract.phases import ENCODE, FETCH, RANK

LAB_NOTE = "Measured on a local stand-in (the lab), not on AWS: these figures are not AWS figures."
SYNTHETIC_NOTE = (
    "The weights are synthetic (random values of the real shapes): load and compute cost are the real ones, "
    "rankings mean nothing."
)


def summarise(run: Run) -> dict[str, Any]:
    """The whole summary. The same run gives the same summary, byte for byte."""
    judged = judge_run(run)
    answers = compare_answers(judged)
    variants = run.first.axes.variants()
    items = [_variant(run, judged, variant) for variant in variants]
    planned, made = _requests(run, judged)
    untrusted_because = reasons(items, planned, made, run.first.axes.warm > 0, answers.problems)
    drifting = drifts(judged, variants)
    notes = [*warnings(untrusted_because), *(drift.note for drift in drifting), *_notes(run)]
    return {
        "meta": _meta(run, judged, notes),
        "untrusted": untrusted_because,
        "variants": items,
        "drifts": as_json(drifting),
        "comparisons": [_comparison(item) for item in compare_backends(judged, variants)],
        "answers": asdict(answers) | {"equal": answers.equal},
        "engine_ratios": engine_ratios(judged, variants),
        "other_cold_starts": [other_as_json(row) for row in other_cold_starts(judged, run.first.axes)],
        "ping_ms": median_known(end.ping_ms for end in run.visits),
        "costs": cost_section(judged, run.first),
    }


def _requests(run: Run, judged: Sequence[Judged]) -> tuple[int, int]:
    """How many requests were planned, and how many made."""
    return requests_in(build_plan(run.first.axes)), sum(1 for item in judged if item.status != SUPERSEDED)


def _meta(run: Run, judged: Sequence[Judged], notes: Sequence[str]) -> dict[str, Any]:
    first = run.first
    planned, made = _requests(run, judged)
    return {
        "schema": first.schema,
        "started_utc": first.utc,
        "sessions": len(run.sessions),
        "ended": run.ends[-1].reason if run.ends else "without a word (killed?)",
        "seed": first.axes.seed,
        "axes": asdict(first.axes),
        "target": dict(first.target),
        "functions": {name: dict(facts) for name, facts in first.functions.items()},
        "facts": dict(first.facts),
        "requests": {"planned": planned, "made": made, "torn_lines": run.torn_lines},
        "notes": list(notes),
    }


def _notes(run: Run) -> list[str]:
    """What a reader must know before believing a figure."""
    target = run.first.target
    notes = []
    if target.get("kind") == "lab":
        notes.append(LAB_NOTE)
    if target.get("weights") == "synthetic":
        notes.append(SYNTHETIC_NOTE)
    if len(run.sessions) > 1:
        notes.append(f"Measured in {len(run.sessions)} sessions; conditions may have changed between them.")
    notes += [f"Not like for like: {difference}." for difference in unfair_differences(run)]
    return notes


def unfair_differences(run: Run) -> list[str]:
    """Settings in which the compared functions differ although the comparison needs them equal."""
    memory_is_an_axis = None not in run.first.axes.memories
    names = ["Timeout", "Architectures"] if memory_is_an_axis else ["MemorySize", "Timeout", "Architectures"]
    differences = []
    for name in names:
        values = {backend: run.first.functions.get(backend, {}).get(name) for backend in run.first.axes.backends}
        if len({str(value) for value in values.values()}) > 1:
            differences.append(f"{name} is " + ", ".join(f"{value} for {key}" for key, value in values.items()))
    return differences


def _variant(run: Run, judged: Sequence[Judged], variant: Variant) -> dict[str, Any]:
    cold, warm = select(judged, variant, "cold"), select(judged, variant, "warm")
    backends = {item["name"]: item for item in run.first.target.get("backends", ())}
    peaks = [item.report.max_memory_mb for item in (*cold.valid, *warm.valid) if item.report]
    fetched = [item.sample.seen.fetched_bytes for item in cold.valid]
    return {
        **asdict(variant),
        "storage": backends.get(variant.backend, {}).get("storage", "not stated"),
        "cold": _latencies(cold),
        "warm": _latencies(warm),
        "phases_ms": _median_phases(cold.valid) | _median_phases(warm.valid, (ENCODE, RANK), "warm_"),
        "breakdown_ms": {"cold": breakdown(cold.valid), "warm": breakdown(warm.valid)},
        "fetched_bytes": median_known(fetched),
        "fetch_mb_s": median_known(map(_fetch_rate, cold.valid)),
        "max_memory_mb": max((peak for peak in peaks if peak is not None), default=None),
    }


def _latencies(state: State) -> dict[str, Any]:
    points = state.latencies
    return {
        **state.counts,
        "p50_ms": finite(quantile(points, 0.5) if points else None),
        "p50_interval_ms": ends(median_interval(state.visits)),
        "p95_ms": finite(stated_quantile(points, 0.95, len(state.visits))),
        "p99_ms": finite(stated_quantile(points, 0.99, len(state.visits))),
        "connect_p50_ms": median_known([item.sample.seen.connect_ms for item in state.valid]),
    }


def _fetch_rate(item: Judged) -> float | None:
    """MB/s while fetching; None when nothing was fetched."""
    seen = item.sample.seen
    fetch_ms = seen.phases_ms.get(FETCH, 0.0)
    return seen.fetched_bytes / 1e3 / fetch_ms if seen.fetched_bytes and fetch_ms > 0 else None


def _median_phases(samples: Iterable[Judged], names: Sequence[str] | None = None, prefix: str = "") -> dict[str, float]:
    """The median of each phase, over the samples that report it, in ms."""
    spans: dict[str, list[float]] = {}
    for item in samples:
        for name, value in item.sample.seen.phases_ms.items():
            if names is None or name in names:
                spans.setdefault(prefix + name, []).append(value)
    return {name: round(statistics.median(values), 3) for name, values in spans.items()}


def engine_ratios(judged: Sequence[Judged], variants: Sequence[Variant]) -> list[dict[str, Any]]:
    """How much faster onnx is than transformers: ratios of medians for the same backend, memory, text and arm."""
    ratios = []
    for variant in variants:
        if variant.engine != "onnx":
            continue
        other = Variant(variant.backend, "transformers", variant.memory_mb, variant.tokens, variant.arm)
        for state in ("cold", "warm") if other in variants else ():
            mine, theirs = select(judged, variant, state), select(judged, other, state)
            if mine.used and theirs.used:
                ratios.append(_ratio(variant, state, mine, theirs))
    return ratios


def _ratio(variant: Variant, state: str, onnx: State, transformers: State) -> dict[str, Any]:
    onnx_ms, transformers_ms = quantile(onnx.latencies, 0.5), quantile(transformers.latencies, 0.5)
    ratio = onnx_ms / transformers_ms if math.isfinite(onnx_ms) and transformers_ms > 0 else None
    return {
        "backend": variant.backend, "memory_mb": variant.memory_mb, "tokens": variant.tokens, "arm": variant.arm,
        "state": state, "onnx_p50_ms": finite(onnx_ms), "transformers_p50_ms": finite(transformers_ms),
        "ratio": None if ratio is None else round(ratio, 5),
        "ratio_interval": ends(ratio_interval(onnx.visits, transformers.visits), 5),
        "visits": [len(onnx.visits), len(transformers.visits)],
        "answered_shares": [onnx.counts["answered_share"], transformers.counts["answered_share"]],
    }  # fmt: skip


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
