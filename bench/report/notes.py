"""Says what a reader must know before believing a figure."""

from __future__ import annotations

from collections.abc import Sequence

from bench.report.other_cold_starts import not_measured
from bench.runs.cold_starts.first_deploy import FirstDeploy
from bench.runs.cold_starts.restore import Restore
from bench.runs.conditions import unfair_differences
from bench.runs.direct_reads import NOTE
from bench.runs.foreign import in_words
from bench.runs.judge import Judged
from bench.runs.memory_sizes import beyond_the_machine, buy_no_processor
from bench.runs.plan import Axes
from bench.runs.recorded import recorded_target
from bench.runs.shapes import Shape, Tested
from bench.runs.store import Run
from contract.run_modes import split
from contract.shapes import NONE
from contract.storages import STORAGES

LAB_NOTE = "Measured on a local stand-in (the lab), not on AWS: these figures are not AWS figures."
SYNTHETIC_NOTE = (
    "The weights are synthetic (random values of the real shapes): load and compute cost are the real ones, "
    "rankings mean nothing."
)
MEMORY_NOTE = (
    "The memory sizes did not change the share of the processors, as they do on Lambda: do not compare the times or "
    "costs of different sizes. A lab with --shape processor or lambda has these shares."
)
#: Behind the names of variants whose memory size asks for more cores than the machine has.
BEYOND_MARK = " (too few cores)"
BEYOND_NOTE = "Too few cores: the memory size asks for more cores than the machine has; on Lambda it is faster."
_MOST_WARNED = 5


def target_notes(is_lab: bool, weights: str | None, shape: Shape | None) -> list[str]:
    """What the target makes of the figures."""
    return [LAB_NOTE] * is_lab + _shape_notes(shape) + [SYNTHETIC_NOTE] * (weights == "synthetic")


def run_notes(run: Run, judged: Sequence[Judged]) -> list[str]:
    """What must be known about a run."""
    first = run.first
    target = recorded_target(first)
    notes = target_notes(target.is_lab, target.weights, target.shape) + [MEMORY_NOTE] * buy_no_processor(first)
    notes += [in_words(name, found) for name, found in target.witnesses.items() if name in first.axes.backends]
    if any(beyond_the_machine(first)):
        notes.append(BEYOND_NOTE)
    sessions = len(run.sessions) - _deployments_apart(judged)
    if sessions > 1:
        notes.append(f"Measured in {sessions} sessions; conditions may have changed between them.")
    notes += [NOTE] * any(first.axes.direct_reads)
    notes += _warnings_of_answers(judged)
    notes.append(cold_kinds_note(first.axes))
    return [*notes, *(f"Not like for like: {difference}." for difference in unfair_differences(first))]


def cold_kinds_note(axes: Axes) -> str:
    """What the cold starts of a run are, and which kinds it left out."""
    said = "The cold starts that are compared are forced ones (new-sandbox)"
    if any(name in STORAGES and STORAGES[name].baked for name in axes.backends):
        said += ", the image's best case: its chunks are cached, which after a deployment they are not"
    if restored := [name for name in axes.backends if split(name)[1].restores]:
        said += f"; those of {' and '.join(restored)} are the first restores of new snapshots ({Restore.name})"
    left_out = not_measured(axes)
    return f"{said}." + (f" Not measured: {', '.join(left_out)}." if left_out else "")


def _warnings_of_answers(judged: Sequence[Judged]) -> list[str]:
    """What the service itself said of the texts that it was sent, such as that it read only a part of one."""
    found: dict[str, list[int]] = {}
    for item in judged:
        for said in item.sample.seen.warnings:
            lengths = found.setdefault(said, [])
            lengths += [item.sample.variant.tokens] * (item.sample.variant.tokens not in lengths)
    return [
        f"The answers to texts of about {' and '.join(f'{tokens:,}' for tokens in lengths)} tokens warn: {said}"
        for said, lengths in list(found.items())[:_MOST_WARNED]
    ]


def _deployments_apart(judged: Sequence[Judged]) -> int:
    """How many sessions measured nothing but what needs a deployment of its own."""
    kinds: dict[int, set[bool]] = {}
    for item in judged:
        kind = item.sample.cold_kind
        kinds.setdefault(item.sample.session, set()).add(kind == FirstDeploy.name)
    return sum(found == {True} for found in kinds.values())


def _shape_notes(shape: Shape | None) -> list[str]:
    """What a lab's shape limits, what it does not, and what the self-test of the shape found."""
    if shape is None or shape.name == NONE:
        return []
    limited = "; ".join(f"{what}: {how}" for what, how in shape.limited.items())
    unlimited = "; ".join(f"{what} ({why})" for what, why in shape.unlimited.items())
    return [f"The lab is shaped ({shape.name}). {limited}.", f"Not shaped: {unlimited}.", *_test_notes(shape)]


def _test_notes(shape: Shape) -> list[str]:
    if not shape.tested:
        return [f"This shape was not tested on this machine: `python -m lab shape check {shape.name}` does it."]
    bounds = [each for each in shape.tested if each.bound is not None]
    off = [each for each in shape.tested if each.bound is None and not each.is_met]
    good = len(shape.tested) - len(bounds) - len(off)
    notes = [
        f"Self-test of the shape ({shape.date}): {good} of {len(shape.tested)} figures are within 5 % of the wanted."
    ]
    notes += [f"Bounded by the machine: {_found(each)}: {each.bound}." for each in bounds]
    return notes + [f"Not as wanted: {_found(each)}." for each in off]


def _found(tested: Tested) -> str:
    return f"{tested.name}, {tested.reached:.4g} of {tested.wanted:.4g} {tested.unit}"
