"""Measures the rows on S3 Files and snapshots, one file of `storing` for what they are about."""

from __future__ import annotations

from tests.acceptance.storing import faults, provisioned, restored, s3files, snapshots
from tests.acceptance.table import Measure

QUICK: list[Measure] = []
MEASURES: list[Measure] = [
    *restored.MEASURES,
    *provisioned.MEASURES,
    *snapshots.MEASURES,
    *faults.MEASURES,
    *s3files.MEASURES,
]
