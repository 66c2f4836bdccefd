"""Makes the tables of a report; `TABLES` is the one list that terminal, Markdown and HTML show."""

from __future__ import annotations

from collections.abc import Callable

from bench.report.breakdown import PARTS, RESTORE
from bench.report.costing import Costing
from bench.report.formats import both, counts_in_words, median_with_interval, with_interval
from bench.report.keep_alive import keep_alive_table
from bench.report.names import variant_name
from bench.report.notes import BEYOND_MARK
from bench.report.on_aws import predicted_times, predicted_verdicts
from bench.report.other_ways import other_ways_table
from bench.report.report import Report
from bench.report.rounding import ends, finite
from bench.report.table import Table
from bench.runs.plan import Variant
from bench.text.numbers import (
    megabytes,
    money,
    money_range,
    ms,
    pause,
    per_hour_words,
    percent,
    ratio_interval_words,
    ratio_words,
    share_range,
)
from contract.phases import BOOT, FETCH, HANDLER, IDLE, IMPORT, INIT, LOAD, PHASES


def latency(report: Report) -> Table:
    """Cold and warm latencies of every variant."""
    rows = [
        (
            _marked(item.variant, report),
            median_with_interval(item.cold), counts_in_words(item.cold.counts),
            percent(item.cold.counts.answered_share), ms(item.cold.p95_ms),
            median_with_interval(item.warm), counts_in_words(item.warm.counts),
            percent(item.warm.counts.answered_share), ms(item.warm.p95_ms),
            ms(item.cold.connect_p50_ms), megabytes(item.fetched_bytes), ms(item.max_memory_mb),
        )
        for item in report.variants
    ]  # fmt: skip
    header = (
        "storage", "cold", "cold n", "answered", "cold p95", "warm", "warm n", "answered", "warm p95", "connect",
        "read, MB", "peak memory, MB",
    )  # fmt: skip
    note = (
        "Milliseconds as the client measures them, connecting left out: median of answered requests (95 % "
        "interval). Requests of one visit are not independent: visits are the units of intervals and percentiles, and "
        "a percentile that so few visits do not allow to state is left out (-)."
    )
    if report.ping_ms is not None:
        note += f" A request that a warm function refuses at once takes {ms(report.ping_ms)} ms (not subtracted)."
    return Table("Latency", header, rows, note)


def _marked(variant: Variant, report: Report) -> str:
    """The name of a variant with its agreement with fp32, marked where it asks for more cores than the lab has."""
    agreed = "".join(f" ({item.brief})" for item in report.precisions if item.precision == variant.precision)
    return variant_name(variant, report.compared) + agreed + BEYOND_MARK * (variant in report.beyond)


def storages(report: Report) -> Table:
    """What each storage was, in its own words."""
    found = {item.variant.function: item.storage for item in report.variants}
    return Table("What each storage was", ("storage", "what it was"), list(found.items()), prose=True)


def engines(report: Report) -> Table | None:
    """How the two engines compare, where both were measured."""
    ratios = report.engine_ratios
    among = [item.variant for item in ratios]
    rows = [
        (
            f"{item.state} · {variant_name(item.variant, among)}", str(item.variant.tokens), ms(item.onnx_p50_ms),
            ms(item.transformers_p50_ms), ratio_words(item.ratio), ratio_interval_words(item.ratio_interval),
            both(map(str, item.visits)), both(map(percent, item.answered_shares)),
        )
        for item in ratios
    ]  # fmt: skip
    header = ("storage", "tokens (about)", "onnx ms", "transformers ms", "ratio", "95 % interval", "visits", "answered")
    note = "Ratios of medians of answered requests; the intervals take visits as the units."
    return Table("Engines: onnx against transformers", header, rows, note) if rows else None


def precisions(report: Report) -> Table | None:
    """How each precision compares with fp32, and how far its answers agree."""
    known = {item.precision: item for item in report.precisions}
    among = [variant for item in report.precision_comparisons for variant in (item.a, item.b)]
    rows = [
        (
            f"{item.state} · {variant_name(item.a, among)}", str(item.paired.n if item.paired else 0),
            ratio_words(finite(item.paired.ratio, 5) if item.paired else None),
            ratio_interval_words(ends(item.paired.ratio_interval, 5) if item.paired else None),
            "yes" if item.verdict.resolved else "no", *known[item.a.precision].cells,
        )
        for item in report.precision_comparisons
    ]  # fmt: skip
    note = (
        "Ratios to the same storage in fp32, within rounds. Agreement with fp32: of this run's texts, how many have "
        "the same first answer, and the shared part of the first three; of the bundle's own items, as the build "
        "measured it, the same, and the 1st percentile of the cosine of both vectors."
    )
    header = (
        "storage", "rounds", "ratio to fp32", "95 % interval", "resolved",
        "first answer, this run", "first three", "first answer, build", "first three", "cosine, 1st percentile",
    )  # fmt: skip
    return Table("Precision: against fp32", header, rows, note) if rows else None


def phases(report: Report) -> Table | None:
    """The phases that the function itself reports."""
    present = [name for name in PHASES if any(name in item.phases_ms for item in report.variants)]
    rows = [
        (
            variant_name(item.variant, report.compared), *(ms(item.phases_ms.get(name)) for name in present),
            ms(item.fetch_mb_s),
        )
        for item in report.variants
    ]  # fmt: skip
    side_by_side = ", ".join(PHASES[name].label for name in (IMPORT, FETCH, LOAD))
    in_a_row = " + ".join(PHASES[name].label for name in (BOOT, INIT, IDLE, HANDLER))
    note = (
        f"Medians in ms as the function reports them. These overlap and do not add up: {side_by_side}. "
        f"The critical path inside the environment: {in_a_row}."
    )
    if not any(item.phases_ms for item in report.variants):
        return None
    header = ("storage", *(PHASES[name].label for name in present), "fetched, MB/s")
    return Table("What the function says about its cold starts", header, rows, note)


def parts(report: Report) -> Table | None:
    """Where a cold start's time goes, in parts that add up."""
    is_restored = any(RESTORE in item.cold.parts_ms for item in report.variants)
    shown = [name for name in PARTS if name != RESTORE or is_restored]
    rows = [
        (variant_name(item.variant, report.compared), *(ms(item.cold.parts_ms.get(name)) for name in shown))
        for item in report.variants
    ]
    note = "Means in ms over the middle half of the cold samples; the parts add up to the client's time."
    header = ("storage", *(PARTS[name].label for name in shown))
    known = any(item.cold.parts_ms for item in report.variants)
    return Table("Where a cold start's time goes", header, rows, note) if known else None


def other_cold_starts(report: Report) -> Table | None:
    """Cold starts of the kinds that are reported apart."""
    entries = report.other_cold_starts
    among = [item.variant for item in entries]
    rows = [
        (
            f"{item.kind} · {variant_name(item.variant, among)}", str(item.size), pause(item.pause_s),
            str(item.requests), str(item.cold),
            with_interval(item.cold_p50_ms, item.cold_interval_ms), ms(item.cold_max_ms),
            ms(item.warm_p50_ms), str(item.invalid), str(item.failed),
        )
        for item in entries
    ]  # fmt: skip
    header = ("kind", "at once", "pause", "requests", "cold", "cold p50", "cold max", "warm p50", "invalid", "failed")
    return Table("Cold starts of other kinds", header, rows) if rows else None


def keep_alive(report: Report) -> Table | None:
    """How long an idle environment stays."""
    return keep_alive_table(report.keep_alive) if report.keep_alive else None


def costs(report: Report) -> Table | None:
    """What single requests, and a month without any, would cost on AWS."""
    costing = report.costs
    if costing is None or not costing.variants:
        return None
    among = [item.variant for item in costing.variants]
    rows = [
        (
            variant_name(item.variant, among), percent(item.answered_share), money(item.costs.cold_start),
            money_range(ends(item.costs.cold_start_interval, 12)), money(item.costs.warm_request),
            money_range(ends(item.costs.warm_request_interval, 12)), money(item.costs.idle_month),
            money(item.costs.ready.month) if item.costs.ready else "-",
            "never" if item.ready_per_hour is None else f"{per_hour_words(item.ready_per_hour)}/h",
        )
        for item in costing.variants
    ]  # fmt: skip
    header = (
        "storage", "answered", "cold start", "95 %", "warm request", "95 %", "idle month", "one kept ready",
        "pays from",
    )  # fmt: skip
    note = (
        "USD on AWS: means over every request that was billed, failed ones and time-outs included, INIT too. "
        f"{costing.said} One kept ready: what an environment of provisioned concurrency adds to a month; it pays from "
        "so many requests an hour around the clock (priced, not measured)."
    )
    return Table("What it would cost", header, rows, note)


def months(report: Report) -> Table | None:
    """What a month would cost on AWS under each traffic."""
    costing = report.costs
    if costing is None or not costing.variants:
        return None
    among = [item.variant for item in costing.variants]
    rows = [
        (
            f"{traffic.name} · {variant_name(item.variant, among)}", share_range(month.cold_shares), money(month.usd),
            money_range(ends(month.interval, 9)), money(ready.usd) if ready else "-",
        )
        for number, traffic in enumerate(costing.traffics)
        for item in costing.variants
        for month, ready in [(item.months[number], item.ready_months[number])]
    ]  # fmt: skip
    traffics = "; ".join(f"{traffic.name}: {traffic.words}" for traffic in costing.traffics)
    note = f"USD a month on AWS, requests and storage. {traffics}. {costing.said}{_evens(costing)}"
    header = ("traffic", "start cold", "USD a month", "95 %, any keep-alive", "with one kept ready")
    return Table("What a month would cost", header, rows, note)


def _evens(costing: Costing) -> str:
    among = [item.variant for item in costing.variants]
    evens = [
        f"{variant_name(even.a, among)} and {variant_name(even.b, among)} cost the same at "
        f"{' and '.join(map(per_hour_words, even.per_hour))} an hour"
        for even in costing.break_evens
        if even.per_hour
    ]
    return f" Around the clock, {'; '.join(evens)}." if evens else ""


def other_ways(report: Report) -> Table | None:
    """What other ways to answer the same requests would cost on AWS."""
    return other_ways_table(report.other_ways)


def on_aws(report: Report) -> Table | None:
    """How long a caller would probably wait on AWS."""
    return predicted_times(report.on_aws) if report.on_aws else None


def on_aws_verdicts(report: Report) -> Table | None:
    """Which storage would probably be faster there."""
    return predicted_verdicts(report.on_aws) if report.on_aws else None


TABLES: tuple[Callable[[Report], Table | None], ...] = (
    latency,
    storages,
    engines,
    precisions,
    phases,
    parts,
    other_cold_starts,
    keep_alive,
    costs,
    months,
    other_ways,
    on_aws,
    on_aws_verdicts,
)


def tables(report: Report) -> list[Table]:
    """All tables for which the run has data, the latencies first."""
    return [table for make in TABLES if (table := make(report)) is not None]
