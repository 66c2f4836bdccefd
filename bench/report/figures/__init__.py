"""The figures of a report. A figure is a module here and a line in `FIGURES`, which report.html shows in this order."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench.report.figures import balance, cost, drift, parts, samples, scale_out, shares
from bench.report.figures.figure import Figure
from bench.report.report import Report

FIGURES: tuple[Callable[[Report], Figure | None], ...] = (
    balance.figure,
    partial(samples.figure, "cold"),
    partial(shares.figure, "cold"),
    partial(drift.figure, "cold"),
    partial(samples.figure, "warm"),
    partial(shares.figure, "warm"),
    partial(drift.figure, "warm"),
    parts.figure,
    scale_out.figure,
    cost.figure,
)


def figures(report: Report) -> list[Figure]:
    """All figures for which the run has data."""
    return [figure for make in FIGURES if (figure := make(report)) is not None]
