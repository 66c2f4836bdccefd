"""Measures the rows on deciding: one set of dollars, right recommendations, honest stopping, a gate, the pages."""

from __future__ import annotations

from tests.acceptance.deciding import dollars, gate, load, pages, stopping, truth
from tests.acceptance.table import Measure

MEASURES: list[Measure] = [
    *dollars.MEASURES,
    *gate.MEASURES,
    *load.MEASURES,
    *pages.MEASURES,
    *stopping.MEASURES,
    *truth.MEASURES,
]
