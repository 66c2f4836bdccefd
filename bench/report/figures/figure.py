"""Draws a chart as a figure of the report, and gives each variant its mark and colour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.charts.svg import WIDTHS, Chart, Series, document
from bench.report.measured import Latency
from bench.report.names import variant_name
from bench.report.report import Report
from bench.runs.plan import Variant


@dataclass(frozen=True)
class Figure:
    """A chart drawn at both widths, with its heading and caption."""

    title: str
    svg: str
    caption: str


def drawn(title: str, draw: Callable[[float], Chart], caption: str) -> Figure:
    """A figure of a chart that `draw` draws at a given width."""
    identity = "".join(c if c.isalnum() else "-" for c in title.lower())
    charts = (document(draw(width), width, f"{identity}-{kind}", title, kind) for kind, width in WIDTHS.items())
    return Figure(title, "".join(charts), caption)


def series_of(report: Report) -> dict[Variant, Series]:
    """How each variant looks in every figure of the report."""
    variants = report.compared
    backends = list(dict.fromkeys(variant.backend for variant in variants))
    first_engine = variants[0].engine
    return {
        variant: Series(
            variant_name(variant, variants),
            backends.index(variant.backend) % 4,
            number,
            variant.engine != first_engine,
        )
        for number, variant in enumerate(variants)
    }


def latencies(report: Report, state: str) -> list[tuple[Series, Latency]]:
    """The variants of which there are samples in a state."""
    series = series_of(report)
    found = [(series[item.variant], item.states[state]) for item in report.variants]
    return [(name, latency) for name, latency in found if latency.points]
