"""Measures the rows on deciding: dollars, recommendations, honest stopping, a gate, the pages."""

from __future__ import annotations

from tests.acceptance.deciding import stopping
from tests.acceptance.table import Measure

MEASURES: list[Measure] = [*stopping.MEASURES]
