"""The gate's limits, its files, and what it refuses."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.cli import main
from bench.process.errors import EXIT_NOT_MET, EXIT_OK, EXIT_USAGE
from bench.report.gate import Limits
from bench.report.views.junit import junit
from bench.runs.plan import Axes
from tests.bench.support.failing import command, measured
from tests.bench.support.gating import Change, gate_of
from tests.bench.support.simulator import Truth

AXES = Axes(("s3", "oci"), cold=10, warm=20)


def slower(ratio: float) -> Truth:
    return Truth(
        cold=lambda backend, engine, rng: (ratio if backend == "s3" else 1) * 500 * rng.lognormvariate(0, 0.05),
        warm=lambda backend, engine, rng: 20 * rng.lognormvariate(0, 0.05),
    )


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    for name, ratio, seed in (("base", 1.0, 1), ("same", 1.0, 2), ("slower", 1.3, 3)):
        truth = slower(ratio)
        truth.seed = seed
        measured(folder / name, axes=AXES, truth=truth)
    measured(folder / "bundle", axes=AXES, truth=slower(1.0), bundleHash="b" * 64, memoryEnforcement="none")
    measured(folder / "fewer", axes=replace(AXES, backends=("oci",)), truth=slower(1.0))
    measured(folder / "short", axes=replace(AXES, cold=3, warm=6), truth=slower(1.0))
    shutil.copy(folder / "base" / "results.jsonl", folder / "baseline.jsonl")
    return folder


@pytest.mark.parametrize(
    ("b", "options", "code"),
    [
        ("same", ("--fail-above", "5%"), EXIT_OK),
        ("same", ("--fail-above", "1.05"), EXIT_OK),
        ("slower", ("--fail-above", "5%"), EXIT_NOT_MET),
        ("slower", ("--fail-above", "50%"), EXIT_OK),
        ("same", ("--require-within", "25%"), EXIT_OK),
        ("same", ("--require-within", "0.1%"), EXIT_NOT_MET),
        ("slower", ("--require-within", "15%"), EXIT_NOT_MET),
        ("fewer", ("--fail-above", "50%"), EXIT_NOT_MET),
        ("fewer", (), EXIT_OK),
        ("short", ("--fail-above", "5%"), EXIT_USAGE),
        ("bundle", ("--fail-above", "5%"), EXIT_USAGE),
        ("bundle", ("--fail-above", "5%", "--allow", "bundle"), EXIT_USAGE),
        ("bundle", ("--fail-above", "5%", "--allow", "enforcement"), EXIT_OK),
    ],
)
def test_the_gate_answers_by_its_exit_code(runs: Path, b: str, options: tuple[str, ...], code: int) -> None:
    for baseline in ("base", "baseline.jsonl"):
        assert command("compare", runs / baseline, runs / b, *options)[0] == code


def test_a_failing_gate_says_what_fails_in_all_its_outputs(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    asked = "compare", runs / "base", runs / "slower", "--fail-above", "5%"
    code, printed = command(*asked, "--junit", tmp_path / "junit.xml", "--github")
    assert code == EXIT_NOT_MET
    assert "The gate fails: 1 of 4 checks." in printed
    assert "above the limit of +5.0 %" in printed
    assert summary.read_text().startswith("before\n**The gate fails: 1 of 4 checks.**")
    suite = ElementTree.fromstring((tmp_path / "junit.xml").read_text()).find("testsuite")  # noqa: S314
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "1", "0")
    assert [case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None] == ["cold"]
    shown = json.loads(command(*asked, "--json")[1])
    assert [check["problem"] is not None for check in shown["gate"]].count(True) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--junit", "x.xml"), "--fail-above"),
        (("--github",), "GITHUB_STEP_SUMMARY"),
        (("--fail-above", "0.05"), "such as 5%"),
        (("--fail-above=-5%",), "0% to"),
        (("--allow", "bundel"), "did you mean bundle?"),
    ],
)
def test_what_makes_no_gate_is_refused(
    runs: Path, options: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    assert main(["compare", str(runs / "base"), str(runs / "same"), *options]) == EXIT_USAGE
    assert said in capsys.readouterr().err


@given(st.text(), st.text(), st.text())
def test_the_xml_holds_any_names(name: str, utc: str, host: str) -> None:
    found = gate_of(Change(), 6, Limits(fail_above=1.0), (1,))
    bad = replace(found[0], variant=name, problem=host)
    root = ElementTree.fromstring(junit((bad, *found[1:]), name, utc, host))  # noqa: S314
    assert len(root.findall("testsuite/testcase")) == len(found)


def test_equal_runs_pass_and_a_large_change_is_caught_in_a_few_runs() -> None:
    limits = Limits(fail_above=1.05)
    assert not any(check.problem for number in range(3) for check in gate_of(Change(), 30, limits, (2, number)))
    for number in range(3):
        failed = [check for check in gate_of(Change(1.3), 30, limits, (2, number)) if check.problem]
        assert [(check.variant.partition(".")[0], check.state) for check in failed] == [("s3", "cold")]
