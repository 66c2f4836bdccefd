"""Shows where a cold start's time goes, and what overlaps within its INIT."""

from __future__ import annotations

from collections.abc import Mapping

from bench.charts.lanes import Bar, Lane, lanes
from bench.report.breakdown import PARTS
from bench.report.figures.figure import Figure, drawn
from bench.report.measured import Measured
from bench.report.names import variant_name
from bench.report.report import Report
from contract.phases import BOOT, PHASES

_SHOWN_FROM = 0.02  # of a bar; what is shorter everywhere is drawn as one part, so that colours stay few
_OTHERS = "others"


def figure(report: Report) -> Figure | None:
    """A bar for each variant of which the parts are known."""
    known = [item for item in report.variants if item.cold.parts_ms]
    if not known:
        return None
    shown = _shown([item.cold.parts_ms for item in known])
    bars = [Bar(variant_name(item.variant, report.compared), _parts(item, shown), _lanes(item)) for item in known]
    spans = [span for item in known for span in item.cold.init_spans.values()]
    explained = "".join(f" {PARTS[name].label}: {PARTS[name].meaning}." for name in shown if name not in PHASES)
    caption = f"Means over the middle half of the samples; the parts of a bar add up.{explained}"
    if spans:
        caption += " The thin lines ran side by side within INIT: they overlap, and do not add up."
    if any(span.start_ms is None for span in spans):
        caption += " When they began is not in these records, so all are drawn from the beginning of INIT."
    return drawn("Where a cold start's time goes", lambda width: lanes(bars, width), caption)


def _shown(variants: list[Mapping[str, float]]) -> list[str]:
    """The parts that are long enough to be drawn apart in one variant at least."""
    return [
        name for name in PARTS if any(parts.get(name, 0.0) >= _SHOWN_FROM * sum(parts.values()) for parts in variants)
    ]


def _parts(item: Measured, shown: list[str]) -> dict[str, float]:
    parts = item.cold.parts_ms
    others = sum(value for name, value in parts.items() if name not in shown)
    return {PARTS[name].label: parts.get(name, 0.0) for name in shown} | {_OTHERS: others}


def _lanes(item: Measured) -> list[Lane]:
    begins = item.cold.parts_ms[BOOT]
    return [
        Lane(PHASES[name].label, begins + (span.start_ms or 0.0), span.duration_ms)
        for name, span in item.cold.init_spans.items()
    ]
