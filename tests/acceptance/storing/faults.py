"""Measures that the faults seeded into the stack's parts for S3 Files and snapshots are caught."""

from __future__ import annotations

from collections.abc import Iterator

from tests.acceptance.table import Measure, Row
from tests.stacks.faults import s3files, snapshots
from tests.stacks.support.trial import checks_that_catch

_LEAST = 15


def faults_are_caught() -> Iterator[Row]:
    """Each seeded fault in a copy of the program, and the rule that must complain."""
    faults = (*s3files.FAULTS, *snapshots.FAULTS)
    missed = [
        fault.what
        for fault in faults
        if fault.caught_by not in {complaint.partition(":")[0] for complaint in checks_that_catch(fault)}
    ]
    parts = f"{len(s3files.FAULTS)} in s3files, {len(snapshots.FAULTS)} in snapshots"
    measured = f"{len(faults) - len(missed)} of {len(faults)} ({parts}){': not ' if missed else ''}{', '.join(missed)}"
    yield Row("seeded faults", f"at least {_LEAST}, all caught", measured, len(faults) >= _LEAST and not missed)


MEASURES: tuple[Measure, ...] = (faults_are_caught,)
