"""load.jsonl and what is derived from it: latency from the due time, lag, drops, cold starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.load.drive import Arrival
from bench.report.escape import in_markdown
from bench.report.figures import finite
from bench.report.markdown import bullets, markdown_table
from bench.report.tables import Table
from bench.report.words import ms
from bench.stats.quantiles import quantile, stated_quantile


def summarise_load(header: Mapping[str, Any], arrivals: Sequence[Arrival]) -> dict[str, Any]:
    """The figures of a load, per backend."""
    backends = list(dict.fromkeys(arrival.backend for arrival in arrivals))
    return {
        "meta": {key: value for key, value in header.items() if key != "kind"},
        "backends": [_backend(name, [a for a in arrivals if a.backend == name]) for name in backends],
    }


def _backend(name: str, arrivals: Sequence[Arrival]) -> dict[str, Any]:
    sent = [arrival for arrival in arrivals if not arrival.dropped]
    good = [a.latency_ms for a in sent if a.status == 200 and a.latency_ms is not None]
    lags = [arrival.lag_ms for arrival in sent]
    return {
        "backend": name,
        "due": len(arrivals),
        "dropped": len(arrivals) - len(sent),
        "failed": len(sent) - len(good),
        "cold": sum(arrival.cold for arrival in sent),
        "p50_ms": finite(quantile(good, 0.5)) if good else None,
        "p95_ms": finite(stated_quantile(good, 0.95)),
        "p99_ms": finite(stated_quantile(good, 0.99)),
        "max_ms": finite(max(good)) if good else None,
        "lag_p50_ms": finite(quantile(lags, 0.5)) if lags else None,
        "lag_max_ms": finite(max(lags)) if lags else None,
    }


def load_table(summary: Mapping[str, Any]) -> Table:
    """The figures as a table."""
    names = ("due", "dropped", "failed", "cold", "p50_ms", "p95_ms", "p99_ms", "max_ms", "lag_p50_ms", "lag_max_ms")
    rows = [
        (item["backend"], *(ms(item[name]) if name.endswith("_ms") else str(item[name]) for name in names))
        for item in summary["backends"]
    ]
    meta = summary["meta"]
    note = (
        f"{meta['rate']:g} requests a second for {meta['duration_s']:g} s, {meta['spacing']} arrivals, open loop: "
        "latency counts from when a request was due."
    )
    return Table("Under load", ("backend", *(name.removesuffix("_ms") for name in names)), rows, note)


def load_markdown(summary: Mapping[str, Any]) -> str:
    """load.md."""
    table = load_table(summary)
    notes, note = bullets(summary["meta"]["notes"]), in_markdown(table.note)
    return f"# {table.title}\n\n{notes}\n\n{note}\n\n{markdown_table(table)}\n"
