"""Adaptive and extended runs: how many rounds they have, what a resumed one does, and what the report says."""

from __future__ import annotations

import functools
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.deployments.outputs import parse_outputs
from bench.measure.session import carry_out, remaining
from bench.report.report import report_of
from bench.report.stopping import more_rounds, stage_of
from bench.runs.judge import judge_run
from bench.runs.plan import Axes, build_plan
from bench.runs.records import Session
from bench.runs.store import RESULTS, Recorder, read_run
from bench.stats.looks import RATE, can_resolve, looks
from bench.stats.paired import signed_rank_p
from tests.bench.support.simulator import Account, SimulatedTarget, Truth, VirtualTime, outputs
from tests.bench.support.stopping import Planted, adaptive_run

ADAPTIVE = Axes(("s3", "oci"), cold=8, warm=8, until_resolved=("cold",), at_most=32, seed=3)


def truth(s3_ms: float) -> Truth:
    return Truth(cold=lambda backend, engine, rng: {"s3": s3_ms, "oci": 500.0}[backend] * math.exp(rng.gauss(0, 0.1)))


class Ends(Exception):
    pass


def measure(directory: Path, s3_ms: float, axes: Axes = ADAPTIVE, *, ends_after: int | None = None) -> None:
    """One session as `run` makes it; raises Ends after so many visits."""
    before = read_run(directory) if (directory / RESULTS).exists() else None
    plan = stage_of(before, judge_run(before)).axes if before and axes == before.axes else axes.extended(axes.cold)
    target = SimulatedTarget(Account(truth(s3_ms), axes.backends), VirtualTime())
    recorded = parse_outputs(outputs("http://localhost", None, target.account)).recorded()
    header = Session(len(before.sessions) + 1 if before else 1, "2026", axes, recorded, target.describe(), {})
    visits = remaining(build_plan(plan), before)
    if ends_after is not None:
        visits = visits[:ends_after]
    further = functools.partial(more_rounds, directory) if axes.until_resolved and ends_after is None else lambda: None
    with Recorder(directory / RESULTS) as recorder:
        carry_out(visits, target, header, recorder, target.virtual.clock, further)


@pytest.mark.parametrize(("s3_ms", "rounds", "resolved"), [(1000.0, 8, True), (545.0, 32, True), (500.0, 32, False)])
def test_a_run_ends_when_its_differences_are_resolved_or_the_rounds_are_used_up(
    tmp_path: Path, s3_ms: float, rounds: int, resolved: bool
) -> None:
    measure(tmp_path, s3_ms)
    report = report_of(read_run(tmp_path))
    assert report.meta.axes.cold == rounds
    assert report.meta.made == report.meta.planned
    assert report.untrusted == ()
    cold = next(each for each in report.comparisons if each.state == "cold")
    assert cold.verdict.resolved is resolved
    (note,) = [each for each in report.meta.notes if "looked after 8, 16 and 32 rounds" in each]
    assert ("all were resolved then" in note) is resolved


def test_a_resumed_adaptive_run_goes_on_as_if_it_had_never_ended(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    measure(whole, 545.0)
    measure(broken, 545.0, ends_after=11)
    unfinished = report_of(read_run(broken))
    assert unfinished.untrusted[0].startswith("incomplete")
    assert any("before its look after 8" in note for note in unfinished.meta.notes)
    measure(broken, 545.0)
    assert report_of(read_run(broken)).comparisons == report_of(read_run(whole)).comparisons


def test_an_extended_run_keeps_its_rounds_and_says_that_it_was_extended(tmp_path: Path) -> None:
    planned = Axes(("s3", "oci"), cold=8, warm=20, seed=3)
    measure(tmp_path, 1000.0, planned)
    measure(tmp_path, 1000.0, planned.extended(12))
    report = report_of(read_run(tmp_path))
    assert report.untrusted == ()
    assert [item.cold.counts.n for item in report.variants] == [12, 12]
    (note,) = [each for each in report.meta.notes if "extended" in each]
    assert "from 8 to 12 rounds" in note
    assert "up to 10 % of such runs" in note


def test_an_adaptive_run_that_is_extended_names_the_rounds_it_really_had(tmp_path: Path) -> None:
    measure(tmp_path, 500.0)
    measure(tmp_path, 500.0, ADAPTIVE.extended(34))
    (note,) = [each for each in report_of(read_run(tmp_path)).meta.notes if "extended" in each]
    assert "from 32 to 34 rounds" in note


AXES = st.builds(
    Axes, backends=st.just(("s3", "oci")), cold=st.integers(1, 20), warm=st.integers(0, 50), seed=st.integers(0, 9)
)


@given(AXES, st.integers(0, 20))
def test_an_extended_plan_begins_like_the_one_it_extends(axes: Axes, more: int) -> None:
    plan, longer = build_plan(axes), build_plan(axes.extended(axes.cold + more))
    assert longer[: len(plan)] == plan


@given(st.integers(1, 50), st.integers(2, 1000))
def test_the_looks_share_the_whole_rate(first: int, most: int) -> None:
    found = looks(first, most)
    assert sum(look.level for look in found) == pytest.approx(RATE)
    assert [look.rounds for look in found] == sorted({look.rounds for look in found})
    assert found[-1].rounds == most
    assert all(look.level > 0 for look in found)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"at_most": 8}, "above the 8 rounds"),
        ({"backends": ("s3",)}, "name at least two"),
        ({"until_resolved": ()}, "it limits a run with"),
        ({"warm": 0, "until_resolved": ("warm",)}, "without warm requests"),
        ({"until_resolved": ("lukewarm",)}, "not among cold, warm"),
        ({"cold": 2, "at_most": 5}, "cannot resolve 1 differences"),
    ],
)
def test_looks_that_make_no_sense_are_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(ADAPTIVE, **change)


def test_what_can_be_resolved_is_what_the_test_can_find() -> None:

    for n in range(2, 12):
        (look,) = looks(n, n)
        assert can_resolve(3, look) is (3 * signed_rank_p([1.0 + i for i in range(n)]) <= look.level)


def test_intervals_hold_and_false_differences_are_rare_in_a_few_runs() -> None:
    ended = [adaptive_run(Planted(0.0), (5, number)) for number in range(40)]
    assert sum(any(each.verdict.resolved for each in run.found) for run in ended) <= 6  # 5 % of 40 is 2
    assert sum(run.difference_held for run in ended) >= 34
    assert adaptive_run(Planted(5.0), (5, 0)).rounds == 10
