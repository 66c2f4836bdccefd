"""Measures the rows on deciding: the same dollars everywhere, right recommendations, honest stopping, a gate, the pages."""

from __future__ import annotations

from tests.acceptance.table import Measure

MEASURES: list[tuple[str, Measure]] = []
