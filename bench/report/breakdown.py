"""Divides a request's time into parts that add up to what the client measured, and shows what overlaps within INIT.

It uses durations alone, each from one clock: the client's request, Lambda's REPORT (Init or Restore Duration, and
Duration), and the function's own phases. Parts are means over the middle half of the samples by latency: medians would
not add up. Of a restored sample they count from the restore on: its INIT was over when the snapshot was taken.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.runs.judge import Judged
from contract.phases import BOOT, ENCODE, FETCH, HANDLER, IMPORT, INIT, LOAD, PHASES, RANK, TOKENIZE, VERIFY, WAIT

_BEFORE = (BOOT, INIT)
_INNER = (WAIT, TOKENIZE, ENCODE, RANK)
_SIDE_BY_SIDE = (FETCH, IMPORT, LOAD, VERIFY)
RESTORE, RUNTIME, RESIDUAL = "restore", "runtime", "residual"


@dataclass(frozen=True)
class Part:
    """A part of the client's time: a few words for a chart or a table, and its meaning."""

    label: str
    meaning: str


@dataclass(frozen=True)
class Span:
    """When a phase ran: ms from the beginning of INIT, None where the records do not say; and for how long."""

    start_ms: float | None
    duration_ms: float


PARTS = {
    RESTORE: Part("restore", "Lambda's Restore Duration: the snapshot, and what the function does after it"),
    **{name: Part(PHASES[name].label, PHASES[name].meaning) for name in (*_BEFORE, *_INNER)},
    HANDLER: Part("rest of the handler", "the rest of the handler"),
    RUNTIME: Part(
        "Lambda's own part", "Lambda's own share of INIT and invocation: REPORT minus the function's account"
    ),
    RESIDUAL: Part(
        "not explained",
        "client time that Lambda's REPORT does not explain: network, gateway, making the environment",
    ),
}


def parts_of(item: Judged) -> dict[str, float] | None:
    """The parts of one sample in ms; None when Lambda's REPORT or the function's phases are missing."""
    phases, report = item.sample.seen.phases_ms, item.report
    if report is None or report.duration_ms is None or HANDLER not in phases:
        return None
    inner = {name: phases.get(name, 0.0) for name in _INNER}
    restored = {} if report.restore_ms is None else {RESTORE: report.restore_ms}
    before = {name: 0.0 if restored else phases.get(name, 0.0) for name in _BEFORE}
    reported = report.duration_ms + (report.init_ms or 0.0)
    return {
        **restored,
        **before,
        **inner,
        HANDLER: phases[HANDLER] - sum(inner.values()),
        RUNTIME: reported - sum(before.values()) - phases[HANDLER],
        RESIDUAL: item.sample.seen.request_ms - reported - sum(restored.values()),
    }


def breakdown(samples: Sequence[Judged]) -> dict[str, float]:
    """The parts over the middle half of the samples; they add up to these samples' mean request time."""
    middle = [parts for _, parts in _middle(samples)]
    known = [name for name in PARTS if any(name in parts for parts in middle)]  # only some samples are restored
    return {name: _mean([parts.get(name, 0.0) for parts in middle]) for name in known}


def spans_in_init(samples: Sequence[Judged]) -> dict[str, Span]:
    """What ran side by side within INIT, over the same samples as `breakdown`; spans overlap and do not add up."""
    middle = [item.sample.seen for item, _ in _middle(samples)]
    found = {}
    for name in _SIDE_BY_SIDE:
        ran = [seen for seen in middle if seen.phases_ms.get(name, 0.0) > 0]
        if ran:
            placed = [
                seen.starts_ms[name] - seen.starts_ms[INIT] for seen in ran if {name, INIT} <= seen.starts_ms.keys()
            ]
            start = _mean(placed) if len(placed) == len(ran) else None
            found[name] = Span(start, _mean([seen.phases_ms[name] for seen in ran]))
    return found


def _middle(samples: Sequence[Judged]) -> list[tuple[Judged, dict[str, float]]]:
    """The middle half of the samples by latency, with their parts."""
    known = [(item, parts) for item in samples if (parts := parts_of(item))]
    known.sort(key=lambda entry: entry[0].sample.seen.request_ms)
    quarter = len(known) // 4
    return known[quarter : len(known) - quarter]


def _mean(values: Sequence[float]) -> float:
    return round(statistics.fmean(values), 3)
