"""A run that was interrupted continues its own plan and ends with the same figures."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from bench.deployments.outputs import parse_outputs
from bench.measure.session import carry_out, must_match, remaining
from bench.process.errors import TargetError, UsageError
from bench.report.report import report_of
from bench.report.views.summary_json import to_json
from bench.report.views.write import derive
from bench.runs.judge import SUPERSEDED, judge_run
from bench.runs.plan import Axes, build_plan
from bench.runs.records import Observation, Session
from bench.runs.store import RESULTS, Recorder, read_run
from tests.bench.support.simulator import Account, SimulatedTarget, Truth, VirtualTime, outputs

AXES = Axes(("efs", "s3", "oci"), cold=6, warm=12, seed=4)
STARTED = "2026-01-01T00:00:00+00:00"


def truth() -> Truth:
    return Truth(
        cold=lambda backend, engine, rng: {"efs": 900, "s3": 700, "oci": 500}[backend] * math.exp(rng.gauss(0, 0.1)),
        warm=lambda backend, engine, rng: 20 * math.exp(rng.gauss(0, 0.1)),
    )


class BreaksOff(SimulatedTarget):
    """Raises what a test wants on the n-th request."""

    def __init__(self, after: int, error: BaseException) -> None:
        super().__init__(Account(truth()), VirtualTime())
        self.left, self.error = after, error

    def call(self, variant: Any) -> Observation:
        self.left -= 1
        if self.left < 0:
            raise self.error
        return super().call(variant)


def session(directory: Path, target: SimulatedTarget, number: int = 1) -> None:
    before = read_run(directory) if number > 1 else None
    recorded = parse_outputs(outputs("http://localhost", None, target.account)).recorded()
    header = Session(number, STARTED, AXES, recorded, target.describe(), {})
    with Recorder(directory / RESULTS) as recorder:
        carry_out(remaining(build_plan(AXES), before), target, header, recorder, target.virtual.clock)


def figures(directory: Path) -> dict[str, Any]:
    """The summary without the parts that must show that there were two sessions."""
    summary = to_json(derive(directory))
    assert summary["meta"].pop("sessions") in (1, 2)
    summary["meta"]["notes"] = [note for note in summary["meta"]["notes"] if "sessions" not in note]
    return summary


@pytest.mark.parametrize("after", [0, 1, 2, 3, 40])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), TargetError("gone")])
def test_a_resumed_run_reports_what_an_uninterrupted_one_reports(
    tmp_path: Path, after: int, error: BaseException
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    session(whole, SimulatedTarget(Account(truth()), VirtualTime()))
    with pytest.raises(type(error)):
        session(broken, BreaksOff(after, error))
    session(broken, SimulatedTarget(Account(truth()), VirtualTime()), number=2)
    assert figures(broken) == figures(whole)


def test_a_kill_in_the_middle_of_a_visit_is_mended_and_nothing_is_lost(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    session(whole, SimulatedTarget(Account(truth()), VirtualTime()))
    killed.mkdir()
    lines = (whole / RESULTS).read_bytes().splitlines(keepends=True)
    (killed / RESULTS).write_bytes(b"".join(lines[:12]) + lines[12][:50])
    measured_before = len(read_run(killed).samples)
    session(killed, SimulatedTarget(Account(truth()), VirtualTime()), number=2)
    run = read_run(killed)
    superseded = [item for item in judge_run(run) if item.status == SUPERSEDED]
    assert len(run.samples) == len(read_run(whole).samples) + len(superseded)
    assert {item.sample.session for item in superseded} == {1}
    assert 0 < len(superseded) < measured_before
    ours, theirs = figures(killed), figures(whole)
    assert ours["meta"]["requests"].pop("torn_lines") == 1
    assert theirs["meta"]["requests"].pop("torn_lines") == 0
    assert ours == theirs


def test_the_completed_run_has_nothing_left(tmp_path: Path) -> None:
    session(tmp_path, SimulatedTarget(Account(truth()), VirtualTime()))
    assert remaining(build_plan(AXES), read_run(tmp_path)) == ()
    meta = report_of(read_run(tmp_path)).meta
    assert (meta.planned, meta.made, meta.torn_lines) == (63, 63, 0)


def test_another_target_or_bundle_is_refused(tmp_path: Path) -> None:
    target = SimulatedTarget(Account(truth()), VirtualTime())
    session(tmp_path, target)
    run, given = read_run(tmp_path), outputs("http://localhost", None, target.account)
    must_match(run, parse_outputs(given).recorded())
    for change in ({"target": "aws"}, {"bundleHash": "c" * 64}):
        with pytest.raises(UsageError, match="start anew"):
            must_match(run, parse_outputs({**given, **change}).recorded())
