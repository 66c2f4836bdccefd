"""Measures how often a recommendation is right, over simulated runs whose truth was planted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bench.cost.traffic import OFFICE_HOURS, RARE, STEADY, Traffic
from tests.acceptance.table import Measure, Row
from tests.bench.support.planted import Planted, decided, truth

SEED, RUNS, ROUNDS = 17, 500, 10
World = Mapping[str, Planted]
# Differences that are larger than the intervals of ten rounds, and what the rule then says.
CLEAR: Mapping[str, tuple[World, Traffic]] = {
    "one starts cold twice as fast": (
        {"efs": Planted(1060, 55), "s3": Planted(1135, 55), "oci": Planted(535, 55)}, RARE,
    ),
    "another does": ({"efs": Planted(500, 55), "s3": Planted(1135, 55), "oci": Planted(1300, 55)}, RARE),
    "one is faster once warm": (
        {"efs": Planted(1000, 70), "s3": Planted(1000, 45), "oci": Planted(1000, 70)}, OFFICE_HOURS,
    ),
    "alike, but one costs more": (dict.fromkeys(("efs", "s3", "oci"), Planted(1000, 55, 0.02, 0.01)), RARE),
}  # fmt: skip
# Truths that lie on a tie, or so near to it that ten rounds cannot tell.
CLOSE: Mapping[str, tuple[World, Traffic]] = {
    "10 % slower, and cheaper": ({"efs": Planted(1000, 55), "s3": Planted(1100, 55), "oci": Planted(1300, 55)}, RARE),
    "11 % slower, and cheaper": ({"efs": Planted(1000, 55), "s3": Planted(1110, 55), "oci": Planted(1300, 55)}, RARE),
    "three alike": ({"efs": Planted(1000, 55), "s3": Planted(1050, 55), "oci": Planted(1100, 55)}, RARE),
    "three alike once warm": (
        {"efs": Planted(1000, 50), "s3": Planted(1000, 55), "oci": Planted(1000, 56)}, STEADY,
    ),
}  # fmt: skip


def clear_truths_are_found() -> Iterator[Row]:
    """The share of runs that recommend what is right."""
    for name, (world, traffic) in CLEAR.items():
        right, wrong, open_ = counted(world, traffic)
        yield Row(
            f"{name}, {traffic.name}: recommendation right",
            f">= 99 % of {RUNS} runs",
            f"{right / RUNS:.1%} ({wrong} wrong, {open_} undecided)",
            right >= 0.99 * RUNS,
        )


def close_truths_are_left_undecided() -> Iterator[Row]:
    """The share of runs that recommend something wrong."""
    for name, (world, traffic) in CLOSE.items():
        right, wrong, open_ = counted(world, traffic)
        yield Row(
            f"{name}, {traffic.name}: recommendation wrong",
            f"<= 1 % of {RUNS} runs",
            f"{wrong / RUNS:.1%} ({right} right, {open_} undecided)",
            wrong <= 0.01 * RUNS,
        )


def counted(world: World, traffic: Traffic, runs: int = RUNS) -> tuple[int, int, int]:
    """How many runs are right, wrong and undecided."""
    allowed, right, wrong = truth(world, traffic), 0, 0
    for decision in decided(world, traffic, ROUNDS, runs, SEED):
        right += decision.take in allowed
        wrong += decision.take is not None and decision.take not in allowed
    return right, wrong, runs - right - wrong


MEASURES: list[Measure] = [clear_truths_are_found, close_truths_are_left_undecided]
