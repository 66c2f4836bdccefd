"""load.jsonl and what is derived from it: latency from the due time, lag, drops, cold starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.measure.arrivals import arrivals as arrivals_due
from bench.report.escape import in_markdown
from bench.report.formats import ms, percent
from bench.report.markdown import bullets, markdown_table
from bench.report.rounding import finite
from bench.report.tables import Table
from bench.report.trust import MOST_LOST, warnings
from bench.runs.loads import Arrival
from bench.runs.selection import share
from bench.stats.quantiles import quantile, stated_quantile


def summarise_load(header: Mapping[str, Any], arrivals: Sequence[Arrival]) -> dict[str, Any]:
    """The figures of a load, per backend."""
    backends = header.get("backends") or list(dict.fromkeys(arrival.backend for arrival in arrivals))
    items = [_backend(name, [a for a in arrivals if a.backend == name]) for name in backends]
    return {
        "meta": {key: value for key, value in header.items() if key != "kind"},
        "untrusted": untrusted_load(header, items),
        "backends": items,
    }


def untrusted_load(header: Mapping[str, Any], items: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why the figures must not be used, if so: too few requests were due, sent or answered."""
    planned = len(arrivals_due(header["rate"], header["duration_s"], header["spacing"], header.get("seed", 1)))
    found = []
    for item in items:
        if item["due"] < planned:
            found.append(f"incomplete: {item['due']} of {planned} planned requests of {item['backend']} came due")
        for what in ("failed", "dropped"):
            if item[what] > MOST_LOST * item["due"]:
                found.append(
                    f"{item[what]} of {item['due']} requests of {item['backend']} {what}: "
                    f"{item[what] / item['due']:.1%}, more than {MOST_LOST:.0%}"
                )
    return found


def _backend(name: str, arrivals: Sequence[Arrival]) -> dict[str, Any]:
    sent = [arrival for arrival in arrivals if not arrival.dropped]
    good = [a.latency_ms for a in sent if a.status == 200 and a.latency_ms is not None]
    lags = [arrival.lag_ms for arrival in sent]
    return {
        "backend": name,
        "due": len(arrivals),
        "dropped": len(arrivals) - len(sent),
        "failed": len(sent) - len(good),
        "answered_share": share(len(good), len(arrivals)),
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
    names = (
        "due",
        "dropped",
        "failed",
        "answered",
        "cold",
        "p50_ms",
        "p95_ms",
        "p99_ms",
        "max_ms",
        "lag_p50_ms",
        "lag_max_ms",
    )
    rows = [(item["backend"], *(_cell(item, name) for name in names)) for item in summary["backends"]]
    meta = summary["meta"]
    note = (
        f"{meta['rate']:g} requests a second for {meta['duration_s']:g} s, {meta['spacing']} arrivals, open loop: "
        "latency counts from when a request was due, over the requests that were answered. One load is one stretch of "
        "time: its percentiles have no interval."
    )
    return Table("Under load", ("backend", *(name.removesuffix("_ms") for name in names)), rows, note)


def _cell(item: Mapping[str, Any], name: str) -> str:
    if name == "answered":
        return percent(item["answered_share"])
    return ms(item[name]) if name.endswith("_ms") else str(item[name])


def load_markdown(summary: Mapping[str, Any]) -> str:
    """load.md."""
    table = load_table(summary)
    notes = bullets([*warnings(summary["untrusted"]), *summary["meta"]["notes"]])
    return f"# {table.title}\n\n{notes}\n\n{in_markdown(table.note)}\n\n{markdown_table(table)}\n"
