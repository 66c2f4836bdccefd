"""Tests the checks: each seeded fault is caught by the rule for it."""

from __future__ import annotations

import pytest

from tests.stacks.faults.fault import SCHEMA, Fault
from tests.stacks.support.invariants import RULES
from tests.stacks.support.scenarios import in_parallel
from tests.stacks.support.trial import FAULTS, checks_that_catch


@pytest.fixture(scope="module")
def complaints() -> dict[str, list[str]]:
    """The checks' complaints about each fault."""
    return dict(zip([fault.what for fault in FAULTS], in_parallel(checks_that_catch, FAULTS), strict=True))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_a_seeded_fault_is_caught(complaints: dict[str, list[str]], fault: Fault) -> None:
    caught = {complaint.partition(":")[0] for complaint in complaints[fault.what]}

    assert fault.caught_by in caught, complaints[fault.what]


def test_every_rule_catches_something() -> None:
    """A rule that no fault violates may be one that cannot fail."""
    assert {fault.caught_by for fault in FAULTS} == {SCHEMA, *(rule.__name__ for rule in RULES)}
