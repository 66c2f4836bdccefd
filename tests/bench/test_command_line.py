"""Wrong command lines are refused at once with exit code 2 and a line or two, whatever the option and the value."""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path

import pytest

from bench import cli
from bench.cli import main
from bench.process.errors import EXIT_CUT_OFF, EXIT_OK, EXIT_USAGE
from bench.runs.plan import Axes
from contract.checkout import ROOT
from tests.bench.support.command import RUN
from tests.bench.support.failing import measured

NEVER = [
    "",
    " ",
    ",",
    "nan",
    "inf",
    "-inf",
    "-1",
    "-0.5",
    "1e99",
    "lots",
    "0x10",
    "٣",
    "1_0",
    "20 MB",
    "5%%",
    "9" * 400,
]


def subparser(command: str) -> argparse.ArgumentParser:
    actions = cli._parser(command)._actions
    (commands,) = [action for action in actions if isinstance(action, argparse._SubParsersAction)]
    parser: argparse.ArgumentParser = commands.choices[command]
    return parser


OPTIONS = [
    (name, action)
    for name in cli._COMMANDS
    for action in subparser(name)._actions
    if action.option_strings and action.type not in (None, str, Path)
    if action.option_strings[-1] != "--functions"  # whose labels are any words
]


def positionals(command: str) -> list[str]:
    return ["nowhere" for action in subparser(command)._actions if not action.option_strings]


@pytest.mark.parametrize("command", sorted({name for name, _ in OPTIONS}))
def test_a_value_that_means_nothing_is_refused_by_every_option(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.setattr(cli._COMMANDS[command], "execute", lambda options: pytest.fail(f"started with {options}"))
    given = [command, *positionals(command)]
    for option in [action.option_strings[-1] for name, action in OPTIONS if name == command]:
        for value in NEVER:
            assert main([*given, f"{option}={value}"]) == EXIT_USAGE, (option, value)
            said = capsys.readouterr()
            assert said.out == ""
            assert said.err.startswith(f"error: {option}: "), (option, value)
            assert said.err.count("\n") <= 2
            assert len(said.err) < 1500


@pytest.mark.parametrize("command", ["run", "plan", "doctor", "load"])
@pytest.mark.parametrize("value", ["s4", "s3,s3", "S3", "s3 oci", "../s3"])
def test_a_storage_that_is_none_is_refused_with_those_that_are(
    command: str, value: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([command, "--backends", value]) == EXIT_USAGE
    assert "efs, s3, oci" in (said := capsys.readouterr().err) or "more than once" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["plna"], "unknown command 'plna' (did you mean plan?)"),
        (["run", "--colds", "3"], "unknown argument '--colds' (did you mean --cold?)"),
        (["--backend=s3"], "(did you mean --backends?)"),
        (["run", "--backends", "s4"], "unknown storage 's4' (did you mean s3?); known are efs, s3, oci"),
        (["run", "--engines", "onx"], "(did you mean onnx?)"),
        (["run", "--memory", "20"], "128 to 10,240"),
        (["run", "--memory", "20 MB"], "128 to 10,240"),
        (["plan", "--memory", "64"], "128 to 10,240"),
        (["plan", "--tokens", "99999"], "1 to 8,192"),
        (["run", "--cold", "0"], "1 to 100,000"),
        (["run", "--spend", "-1"], "from 0"),
        (["run", "--at-most", "20"], "--until-resolved"),
        (["run", "--until-resolved", "--backends", "s3"], "at least two"),
        (["run", "--until-resolved", "lukewarm"], "known are cold, warm"),
        (["run", "--more", "5"], "--resume"),
        (["run", "--traffic", "rare", "--traffic", "rare"], "given twice"),
        (["run", "--redeploy", "true"], "started anew by itself"),
        (["run", "--outputs", "x", "--first-deploy"], "--redeploy"),
        (["run", "--idle", "5m,300"], "more than once"),
        (["run", "--idle", "48h"], "24 hours"),
        (["run", "--resume", "nowhere"], "there is no nowhere"),
        (["report", "nowhere"], "there is no nowhere"),
        (["predict", "nowhere"], "there is no nowhere"),
        (["compare", "nowhere", "nowhere"], "there is no nowhere"),
        (["restore", "nowhere"], "not the folder of a run"),
        (["choose", "nowhere", "--requests-per-hour", "1", "--objective", "1"], "there is no nowhere"),
    ],
)
def test_a_wrong_command_line_is_refused_in_a_line_and_leaves_nothing(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(given) == EXIT_USAGE
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") <= 2
    assert printed.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "command",
    [["report"], ["predict"], ["choose", "--requests-per-hour", "1", "--objective", "1"], ["compare", "."]],
    ids=lambda command: command[0],
)
def test_a_load_and_an_empty_folder_are_called_what_they_are(
    command: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    empty, load = tmp_path / "empty", tmp_path / "load"
    empty.mkdir()
    load.mkdir()
    assert main([*command, str(empty)]) == EXIT_USAGE
    assert "results.jsonl" in capsys.readouterr().err
    if command != ["report"]:
        (load / "load.jsonl").write_text("{}\n")
        asked = [command[0], str(load), *command[1:]] if command[0] != "compare" else ["compare", str(load), str(load)]
        assert main(asked) == EXIT_USAGE
        assert "is a load, which has no cold starts" in capsys.readouterr().err


@pytest.mark.parametrize("given", [["--help"], ["run", "--help"]])
def test_help_is_printed_and_is_no_failure(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(given) == EXIT_OK
    assert "usage:" in capsys.readouterr().out


def test_a_closed_pipe_ends_every_output_quietly(tmp_path: Path) -> None:
    measured(tmp_path / "run", axes=Axes(("s3", "oci"), cold=8, warm=8))
    run = tmp_path / "run"
    for asked in (["report", run], ["plan"], ["compare", run, run]):
        read, written = os.pipe()
        os.close(read)
        command = [*RUN, *map(str, asked)]
        done = subprocess.run(command, cwd=ROOT, stdout=written, stderr=subprocess.PIPE, text=True, timeout=120)
        os.close(written)
        assert (done.returncode, done.stderr) == (EXIT_CUT_OFF, ""), asked
