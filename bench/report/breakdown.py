"""Where a request's time went, in parts that add up to what the client measured.

Only durations are used, each from one clock: the client's request, Lambda's REPORT (Init Duration and Duration), and
the function's own phases. Parts are means over the middle half of the samples by latency: medians would not add up.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.runs.judge import Judged

PARTS = {
    "boot": "start of the runtime process until our module loads",
    "init": "our module's INIT (imports, fetching and loading overlap in it)",
    "wait": "first invocation waiting for the loader",
    "tokenize": "text to token ids",
    "encode": "the model",
    "rank": "similarity with all incidents",
    "handler": "the rest of the handler",
    "runtime": "Lambda's own share of INIT and invocation: REPORT minus the function's account",
    "residual": "client time that Lambda's REPORT does not explain: network, gateway, making the environment",
}


def parts_of(item: Judged) -> dict[str, float] | None:
    """The parts of one sample in ms; None when Lambda's REPORT or the function's phases are missing."""
    phases, report = item.sample.seen.phases_ms, item.report
    if report is None or report.duration_ms is None or "handler" not in phases:
        return None
    inner = {name: phases.get(name, 0.0) for name in ("wait", "tokenize", "encode", "rank")}
    before = {name: phases.get(name, 0.0) for name in ("boot", "init")}
    reported = report.duration_ms + (report.init_ms or 0.0)
    return {
        **before,
        **inner,
        "handler": phases["handler"] - sum(inner.values()),
        "runtime": reported - sum(before.values()) - phases["handler"],
        "residual": item.sample.seen.request_ms - reported,
    }


def breakdown(samples: Sequence[Judged]) -> dict[str, float]:
    """The parts over the middle half of the samples; they add up to these samples' mean request time."""
    known = [(item.sample.seen.request_ms, parts) for item in samples if (parts := parts_of(item))]
    known.sort(key=lambda entry: entry[0])
    quarter = len(known) // 4
    middle = [parts for _, parts in known[quarter : len(known) - quarter]]
    if not middle:
        return {}
    return {name: round(sum(parts[name] for parts in middle) / len(middle), 3) for name in PARTS}
