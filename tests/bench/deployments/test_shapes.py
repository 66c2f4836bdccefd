"""A lab's shape, from its outputs to the report: what it changes for memory sizes, and how a run asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.deployments import connect
from bench.deployments.connect import Choice, recorded_choice, resumed_choice, with_shape
from bench.deployments.deployment import deployment_of
from bench.deployments.outputs import parse_outputs
from bench.process.errors import UsageError
from bench.runs.conditions import differences_in_kind
from bench.runs.plan import Axes
from bench.runs.records import Session
from bench.runs.store import read_run
from contract import outputs as contract
from tests.bench.support.command import bench, write_outputs
from tests.bench.support.simulator import Account, Truth, outputs, serve

SHARED = contract.shape(
    name="processor",
    limited={"processor": "a core for each 1,769 MB"},
    unlimited={"network": "as fast as this machine"},
    reachable=1500,
    date="2026-11-28T12:00+00:00",
    tested=[
        {"name": "processor, 512 MB", "unit": "cores", "wanted": 0.29, "reached": 0.29, "bound": None},
        {"name": "processor, 1,024 MB", "unit": "cores", "wanted": 0.58, "reached": 0.9, "bound": None},
        {"name": "processor, 3,008 MB", "unit": "cores", "wanted": 1.7, "reached": 0.8, "bound": "one core"},
    ],
)
SWEEP = ("--backends", "s3", "--memory", "1024,2048", "--cold", 2, "--warm", 2)
ASKED = ("--requests-per-hour", 60, "--objective", 20_000, "--share", 0.3)


@pytest.fixture
def measured(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    account = Account(Truth(cold=lambda backend, engine, rng: 20.0, warm=lambda backend, engine, rng: 4.0))
    with serve(account) as url:

        def measure(**changes: Any) -> Path:
            out = tmp_path / "run"
            done = bench("--outputs", write_outputs(tmp_path, url, account, **changes), *SWEEP, "--out", out)
            assert done.returncode == 0, done.stderr
            return out

        yield measure


def test_memory_sizes_without_shares_are_marked_and_their_costs_not_compared(measured: Callable[..., Path]) -> None:
    run = measured()
    assert "did not change the share of the processors" in (run / "report.md").read_text()
    chosen = bench("choose", run, *ASKED)
    assert chosen.returncode == 4
    assert "costs cannot be compared" in chosen.stderr


def test_memory_sizes_with_shares_are_compared_and_those_beyond_the_machine_marked(
    measured: Callable[..., Path],
) -> None:
    run = measured(shape=SHARED)
    report = (run / "report.md").read_text()
    assert "did not change the share" not in report
    for said in (
        "2048 MB (too few cores)",
        "asks for more cores than the machine has",
        "Not shaped: network (as fast as this machine).",
        "1 of 3 figures are within 5 %",
        "Bounded by the machine: processor, 3,008 MB, 0.8 of 1.7 cores: one core.",
        "Not as wanted: processor, 1,024 MB, 0.9 of 0.58 cores.",
    ):
        assert said in report, said
    assert "1024 MB (too few cores)" not in report
    chosen = bench("choose", run, *ASKED)
    assert chosen.returncode in (0, 1), chosen.stderr
    assert "2048 MB (too few cores)" in chosen.stdout
    session = read_run(run).first
    assert deployment_of(session.target).recorded()["shape"] == session.target["shape"] == SHARED


def test_a_shape_that_is_none_is_refused(tmp_path: Path) -> None:
    given = outputs("http://localhost", None, Account(Truth()))
    with pytest.raises(UsageError, match="shape"):
        parse_outputs({**given, "shape": {"name": "lambda"}})
    done = bench("--shape", "lambda", "--outputs", tmp_path / "x.json", "--out", tmp_path / "run")
    assert done.returncode == 2
    assert "there already" in done.stderr


@pytest.mark.parametrize("command", [[], ["doctor"], ["load"]])
def test_a_lab_is_not_shaped_for_a_storage_without_figures(command: list[str], tmp_path: Path) -> None:
    out = [] if command == ["doctor"] else ["--out", tmp_path / "run"]
    done = bench(*command, "--shape", "lambda", "--backends", "s3,s3files", *out)
    assert done.returncode == 2
    assert "--shape: lambda has no figures of s3files" in done.stderr
    assert not (tmp_path / "run").exists()


def a_session(shape: object = None) -> Session:
    given = {**outputs("http://localhost", None, Account(Truth())), **({"shape": shape} if shape else {})}
    return Session(1, "2026", Axes(("s3",)), parse_outputs(given).recorded(), {}, {})


def test_the_shape_is_a_condition_and_earlier_labs_had_none() -> None:
    unshaped = contract.shape(name="none", limited={}, unlimited={}, reachable=None, date=None, tested=[])
    early = a_session()
    early = replace(early, target={name: value for name, value in early.target.items() if name != "shape"})
    assert differences_in_kind(early, a_session(unshaped)) == []
    [difference] = differences_in_kind(a_session(unshaped), a_session(SHARED))
    assert difference.startswith("the shape differs: none and processor")


def test_a_run_that_sets_memory_sizes_asks_for_shares_where_nothing_else_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    swept, deployed = Axes(("s3",), memories=(512, 1024)), Axes(("s3",))
    monkeypatch.setattr(connect, "why_not", lambda shape: None)
    assert with_shape(Choice(), swept).shape == "processor"
    assert with_shape(Choice(), deployed).shape is None
    assert with_shape(Choice(shape="none"), swept).shape == "none"
    assert with_shape(Choice(stack="dev"), swept).shape is None
    monkeypatch.setattr(connect, "why_not", lambda shape: "it needs root")
    assert with_shape(Choice(), swept).shape is None
    assert "will not change the share of the processors: it needs root" in capsys.readouterr().err


def test_a_resumed_run_keeps_its_shape(tmp_path: Path) -> None:
    shaped = replace(a_session(), source=Choice(shape="lambda").recorded(tmp_path))
    assert recorded_choice(shaped, tmp_path).shape == "lambda"
    assert resumed_choice(Choice(), shaped, tmp_path).shape == "lambda"
    with pytest.raises(UsageError, match="began with --shape lambda"):
        resumed_choice(Choice(shape="none"), shaped, tmp_path)
    early = replace(a_session(), source={"lab": "started for the run", "cache": "cold"})
    assert resumed_choice(Choice(shape="none"), early, tmp_path).shape is None
    with pytest.raises(UsageError, match="began with --shape none"):
        resumed_choice(Choice(shape="lambda"), early, tmp_path)


@pytest.mark.parametrize(("shape", "first", "expected"), [
    ("lambda", True, ["--shape", "lambda", "--chunks", "new"]),
    ("lambda", False, ["--shape", "lambda"]),
    ("processor", True, ["--shape", "processor"]),
    (None, True, []),
])  # fmt: skip
def test_a_first_deployment_has_a_new_image(
    shape: str | None, first: bool, expected: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: list[str] = []

    class Started(Exception):
        """Ends the start."""

    def running(arguments: list[str], log: Path) -> Any:
        given.extend(arguments)
        raise Started

    monkeypatch.setattr(connect, "running_lab", running)
    choice = Choice(shape=shape)
    with pytest.raises(Started), connect.deployed(choice, ["s3"], "onnx", tmp_path / "log", first_deploy=first):
        pass
    assert given[6:] == expected
