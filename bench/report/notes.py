"""Says what a reader must know before believing a figure."""

from __future__ import annotations

from bench.runs.conditions import unfair_differences
from bench.runs.recorded import recorded_target
from bench.runs.store import Run

LAB_NOTE = "Measured on a local stand-in (the lab), not on AWS: these figures are not AWS figures."
SYNTHETIC_NOTE = (
    "The weights are synthetic (random values of the real shapes): load and compute cost are the real ones, "
    "rankings mean nothing."
)


def target_notes(is_lab: bool, weights: str | None) -> list[str]:
    """What the target makes of the figures."""
    return [LAB_NOTE] * is_lab + [SYNTHETIC_NOTE] * (weights == "synthetic")


def run_notes(run: Run) -> list[str]:
    """What must be known about a run."""
    target = recorded_target(run.first)
    notes = target_notes(target.is_lab, target.weights)
    if len(run.sessions) > 1:
        notes.append(f"Measured in {len(run.sessions)} sessions; conditions may have changed between them.")
    return [*notes, *(f"Not like for like: {difference}." for difference in unfair_differences(run.first))]
