"""The tables of a report and what is said about the method: the same in Markdown and HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.report.breakdown import PARTS
from bench.report.formats import (
    both,
    counts,
    median_with_interval,
    megabytes,
    money,
    money_range,
    ms,
    percent,
    ratio_interval_words,
    ratio_words,
    variant_name,
)
from contract.phases import PHASES


@dataclass(frozen=True)
class Table:
    """A titled table; the first column is text, the others are figures, or text as well in a `prose` table."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    prose: bool = False


def tables(summary: Mapping[str, Any]) -> Iterator[Table]:
    """All tables for which the run has data."""
    variants = summary["variants"]
    yield _latency(variants, summary["ping_ms"])
    storages = {item["backend"]: item["storage"] for item in variants}
    yield Table("What each storage was", ("storage", "what it was"), list(storages.items()), prose=True)
    if summary["engine_ratios"]:
        yield _engines(summary["engine_ratios"])
    if any(item["phases_ms"] for item in variants):
        yield _phases(variants)
    if any(item["breakdown_ms"]["cold"] for item in variants):
        yield _parts(variants)
    if summary["other_cold_starts"]:
        yield _other(summary["other_cold_starts"])
    if summary["costs"] and summary["costs"]["variants"]:
        yield _costs(summary["costs"])


def _latency(variants: Sequence[Mapping[str, Any]], ping_ms: float | None) -> Table:
    rows = [
        (
            variant_name(item, variants), median_with_interval(item["cold"]), counts(item["cold"]),
            percent(item["cold"]["answered_share"]), ms(item["cold"]["p95_ms"]),
            median_with_interval(item["warm"]), counts(item["warm"]), percent(item["warm"]["answered_share"]),
            ms(item["warm"]["p95_ms"]), ms(item["cold"]["connect_p50_ms"]), megabytes(item["fetched_bytes"]),
            ms(item["max_memory_mb"]),
        )
        for item in variants
    ]  # fmt: skip
    header = (
        "variant", "cold", "n", "answered", "cold p95", "warm", "n", "answered", "warm p95", "connect", "MB read",
        "peak MB",
    )  # fmt: skip
    note = (
        "Milliseconds as the client measures them, connecting left out: median of answered requests (95 % "
        "interval). Requests of one visit are not independent: visits are the units of intervals and percentiles, and "
        "a percentile that so few visits do not allow to state is left out (-)."
    )
    if ping_ms is not None:
        note += f" A request that a warm function refuses at once takes {ms(ping_ms)} ms (not subtracted)."
    return Table("Latency", header, rows, note)


def _engines(ratios: Sequence[Mapping[str, Any]]) -> Table:
    rows = [
        (
            f"{item['state']} · {variant_name(item, ratios)}", str(item["tokens"]), ms(item["onnx_p50_ms"]),
            ms(item["transformers_p50_ms"]), ratio_words(item["ratio"]), ratio_interval_words(item["ratio_interval"]),
            both(map(str, item["visits"])), both(map(percent, item["answered_shares"])),
        )
        for item in ratios
    ]  # fmt: skip
    header = ("variant", "tokens (about)", "onnx ms", "transformers ms", "ratio", "95 % interval", "visits", "answered")
    note = "Ratios of medians of answered requests; the intervals take visits as the units."
    return Table("Engines: onnx against transformers", header, rows, note)


def _phases(variants: Sequence[Mapping[str, Any]]) -> Table:
    present = [name for name in PHASES if any(name in item["phases_ms"] for item in variants)]
    rows = [
        (
            variant_name(item, variants), *(ms(item["phases_ms"].get(name)) for name in present),
            ms(item["fetch_mb_s"]),
        )
        for item in variants
    ]  # fmt: skip
    note = (
        "Medians in ms as the function reports them. import, fetch and load overlap and do not add up; "
        "boot + init + idle + handler is the critical path inside the environment."
    )
    return Table("What the function says about its cold starts", ("variant", *present, "fetch MB/s"), rows, note)


def _parts(variants: Sequence[Mapping[str, Any]]) -> Table:
    rows = [
        (variant_name(item, variants), *(ms(item["breakdown_ms"]["cold"].get(name)) for name in PARTS))
        for item in variants
    ]
    note = "Means in ms over the middle half of the cold samples; the parts add up to the client's time."
    return Table("Where a cold start's time goes", ("variant", *PARTS), rows, note)


def _other(entries: Sequence[Mapping[str, Any]]) -> Table:
    rows = [
        (
            f"{item['kind']} · {variant_name(item, entries)}", str(item["size"]), str(item["requests"]),
            str(item["cold"]), ms(item["cold_p50_ms"]), ms(item["cold_max_ms"]), ms(item["warm_p50_ms"]),
            str(item["invalid"]), str(item["failed"]),
        )
        for item in entries
    ]  # fmt: skip
    header = ("kind", "at once", "requests", "cold", "cold p50", "cold max", "warm p50", "invalid", "failed")
    return Table("Cold starts of other kinds", header, rows)


def _costs(costs: Mapping[str, Any]) -> Table:
    shares = list(costs["variants"][0]["thousand_requests_usd"])
    rows = [
        (
            variant_name(item, costs["variants"]), percent(item["answered_share"]), money(item["cold_start_usd"]),
            money_range(item["cold_start_interval_usd"]), money(item["warm_request_usd"]),
            money_range(item["warm_request_interval_usd"]),
            *(money(item["thousand_requests_usd"][share]) for share in shares), money(item["idle_month_usd"]),
        )
        for item in costs["variants"]
    ]  # fmt: skip
    thousands = (f"1,000, {float(share):.0%} cold" for share in shares)
    header = ("variant", "answered", "cold start", "95 %", "warm request", "95 %", *thousands, "idle month")
    evens = [
        f"{item['a']['backend']} and {item['b']['backend']} cost the same at {item['requests_per_month']:,} a month"
        for item in costs["break_even"]
        if item["requests_per_month"]
    ]
    note = (
        f"USD on AWS: means over every request that was billed, failed ones and time-outs included, "
        f"INIT too; list prices of {costs['region']}, "
        f"{costs['prices_date']}." + (f" At 10 % cold starts, {'; '.join(evens)}." if evens else "")
    )
    return Table("What it would cost", header, rows, note)


def method(meta: Mapping[str, Any]) -> Iterator[str]:
    """How the run was made, in sentences."""
    axes = meta["axes"]
    yield (
        f"{axes['cold']} randomised complete blocks (seed {meta['seed']}) after a warm-up block that is not used; one "
        "forced cold start per variant and block, then warm requests to the same environment, one at a time."
    )
    yield (
        "A sample counts only if its witnesses agree: environment id, invocation counter, configuration nonce, bundle "
        "hash and Lambda's REPORT line. What times out is right-censored, cold outliers are never trimmed."
    )
    yield (
        "Differences are medians of within-round differences with order-statistic intervals; one counts as real only "
        "if it is significant at 5 % over all pairs of the state (exact signed-rank test, Holm's correction)."
    )
    requests = meta["requests"]
    yield f"{requests['made']} of {requests['planned']} planned requests; ended: {meta['ended']}."
    yield f"Started {meta['started_utc']} on {meta['target'].get('kind')}, {meta['target'].get('architecture')}."
    yield f"Model bundle {meta['target'].get('bundleHash')}."
    for name, value in meta["facts"].items():
        shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, Mapping) else value
        yield f"{name}: {shown}"
