"""What the deployment must show."""

from __future__ import annotations

from tests.acceptance.table import Measure

MEASURES: list[Measure] = []
