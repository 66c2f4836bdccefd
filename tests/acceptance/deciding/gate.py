"""Measures the gate: how often equal runs fail, and how often a planted change is caught."""

from __future__ import annotations

from collections.abc import Iterator

from bench.report.gate import Limits
from tests.acceptance.table import Row
from tests.bench.support.gating import Change, gate_of

RUNS = 500
SEED = 17


def _failing(change: Change, rounds: int, limits: Limits) -> float:
    gates = (gate_of(change, rounds, limits, (SEED, rounds, number)) for number in range(RUNS))
    return sum(any(check.problem for check in gate) for gate in gates) / RUNS


def equal_runs_pass() -> Iterator[Row]:
    """Six rows (three storages, cold and warm) of two equal runs; the strictest gate allows no slowdown at all."""
    for rounds, limits, name in (
        (10, Limits(fail_above=1.0), "--fail-above 0%"),
        (30, Limits(fail_above=1.0), "--fail-above 0%"),
        (30, Limits(fail_above=1.05), "--fail-above 5%"),
    ):
        failed = _failing(Change(), rounds, limits)
        yield Row(f"gate {name}, equal runs of n = {rounds}: fail", "<= 5 %", f"{failed:.1%} of {RUNS}", failed <= 0.05)


def changes_are_caught() -> Iterator[Row]:
    """One storage's cold starts are slower in B."""
    slower = _failing(Change(1.2), 30, Limits(fail_above=1.05))
    yield Row("gate --fail-above 5%, +20 % at n = 30: caught", ">= 95 %", f"{slower:.1%} of {RUNS}", slower >= 0.95)
    shown = 1 - _failing(Change(1.1), 30, Limits(require_within=1.1))
    yield Row("gate --require-within 10%, +10 % at n = 30: passes", "<= 5 %", f"{shown:.1%} of {RUNS}", shown <= 0.05)


MEASURES = [equal_runs_pass, changes_are_caught]
