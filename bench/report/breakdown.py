"""Divides a request's time into parts that add up to what the client measured.

It uses durations alone, each from one clock: the client's request, Lambda's REPORT (Init Duration and Duration), and
the function's own phases. Parts are means over the middle half of the samples by latency: medians would not add up.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.runs.judge import Judged
from contract.phases import BOOT, ENCODE, HANDLER, INIT, PHASES, RANK, TOKENIZE, WAIT

_BEFORE = (BOOT, INIT)
_INNER = (WAIT, TOKENIZE, ENCODE, RANK)
RESIDUAL = "residual"
PARTS = {
    **{name: PHASES[name].meaning for name in (*_BEFORE, *_INNER)},
    HANDLER: "the rest of the handler",
    "runtime": "Lambda's own share of INIT and invocation: REPORT minus the function's account",
    RESIDUAL: "client time that Lambda's REPORT does not explain: network, gateway, making the environment",
}


def parts_of(item: Judged) -> dict[str, float] | None:
    """The parts of one sample in ms; None when Lambda's REPORT or the function's phases are missing."""
    phases, report = item.sample.seen.phases_ms, item.report
    if report is None or report.duration_ms is None or HANDLER not in phases:
        return None
    inner = {name: phases.get(name, 0.0) for name in _INNER}
    before = {name: phases.get(name, 0.0) for name in _BEFORE}
    reported = report.duration_ms + (report.init_ms or 0.0)
    return {
        **before,
        **inner,
        HANDLER: phases[HANDLER] - sum(inner.values()),
        "runtime": reported - sum(before.values()) - phases[HANDLER],
        RESIDUAL: item.sample.seen.request_ms - reported,
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
