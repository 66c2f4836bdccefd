"""Decides how many rounds a run has: as planned, as extended, or until its differences are resolved."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.measure.session import More, remaining
from bench.report.comparisons import PLANNED, Comparison, Rule, compare_backends
from bench.report.names import variant_name
from bench.runs.judge import Judged, judge_run
from bench.runs.plan import Axes, Variant, build_plan
from bench.runs.records import Session
from bench.runs.store import Run, read_run
from bench.stats.looks import CONFIDENCE, Look


@dataclass(frozen=True)
class Stage:
    """Where a run stands: the plan that it has by now, by which `rule` differences count, and what a reader must know.

    `unresolved` are the differences because of which the plan has become longer; none: it is as long as it gets.
    `is_open`: once this plan is carried out, it may turn out that there is more.
    """

    axes: Axes
    rule: Rule
    notes: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()
    is_open: bool = False


def stage_of(run: Run, judged: Sequence[Judged]) -> Stage:
    """The stage of a run, from its records alone: a resumed run comes to the same one."""
    axes = run.axes
    extensions = _extensions(run)
    if not axes.until_resolved:
        return Stage(axes, PLANNED, extensions)
    done = {end.visit for end in run.visits if end.complete}
    unresolved: tuple[str, ...] = ()
    for number, look in enumerate(axes.looks, 1):
        plan = axes.extended(look.rounds)
        is_last = number == len(axes.looks)
        rule = Rule(look.level, CONFIDENCE)
        if not all(visit.id in done for visit in build_plan(plan)):
            return Stage(plan, rule, (_unfinished(look, axes), *extensions), unresolved, not is_last)
        unresolved = unresolved_at(look, axes, judged)
        if not unresolved or is_last:
            break
    return Stage(plan, rule, (_ended(look, axes, unresolved), *extensions), unresolved)


def more_rounds(directory: Path) -> More | None:
    """What an adaptive run needs beyond what it has recorded; None once it may end."""
    run = read_run(directory)
    stage = stage_of(run, judge_run(run))
    visits = remaining(build_plan(stage.axes), run)
    if not visits:
        return None
    rounds, most = stage.axes.cold, run.axes.at_most
    return More(
        visits,
        f"not resolved: {', '.join(stage.unresolved)}. On to round {rounds}, and the next look; at most {most} rounds.",
    )


def unresolved_at(look: Look, axes: Axes, judged: Sequence[Judged]) -> tuple[str, ...]:
    """The differences that are not resolved at a look, in words; of later rounds it sees nothing."""
    seen = [item for item in judged if item.sample.round <= look.rounds]
    variants = axes.variants()
    found = compare_backends(seen, variants, Rule(look.level, CONFIDENCE))
    wanted = (each for each in found if each.state in axes.until_resolved and not each.verdict.resolved)
    return tuple(_named(each, variants) for each in wanted)


def _named(comparison: Comparison, variants: Sequence[Variant]) -> str:
    a, b = (variant_name(variant, variants) for variant in (comparison.a, comparison.b))
    return f"{a} against {b} ({comparison.state})"


def _ended(look: Look, axes: Axes, unresolved: Sequence[str]) -> str:
    left = f"not resolved until then: {', '.join(unresolved)}" if unresolved else "all were resolved then"
    return (
        f"The run looked after {_looks(axes)} rounds whether its differences ({', '.join(axes.until_resolved)}) were "
        f"resolved, and ended after {look.rounds}: {left}. The looks share the 5 % of false differences, so that one "
        f"counted at this look up to p {look.level:.2g}; intervals of differences are computed at {CONFIDENCE:.0%}, "
        "so that they hold in 95 % of such runs."
    )


def _unfinished(look: Look, axes: Axes) -> str:
    return (
        f"The run goes on until its differences ({', '.join(axes.until_resolved)}) are resolved, for at most "
        f"{axes.at_most} rounds; it was ended before its look after {look.rounds}."
    )


def _looks(axes: Axes) -> str:
    *others, last = (str(look.rounds) for look in axes.looks)
    return f"{', '.join(others)} and {last}" if others else last


def _extensions(run: Run) -> tuple[str, ...]:
    """What must be known about a run to which rounds were added."""
    longer = (later for earlier, later in itertools.pairwise(run.sessions) if later.axes.cold > earlier.axes.cold)
    steps = [(_rounds_before(session, run), session.axes.cold) for session in longer]
    if not steps:
        return ()
    added = ", ".join(f"from {before} to {after}" for before, after in steps)
    most = 5 * (1 + len(steps))
    return (
        f"The run was extended by its user ({added} rounds). Where that was done because of what it showed, a "
        f"difference that is not there is found in up to {most} % of such runs instead of 5 %, and a 95 % interval may "
        f"hold the truth in as few as {100 - most} %. --until-resolved keeps both.",
    )


def _rounds_before(session: Session, run: Run) -> int:
    """How many rounds were begun before a session."""
    return max((sample.round for sample in run.samples if sample.session < session.session), default=0)
