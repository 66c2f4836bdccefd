"""The environment of the program has the versions of requirements.txt, or the check says what is wrong."""

from __future__ import annotations

import importlib
from importlib import metadata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.stacks.support.project import ROOT
from tools.ready import __main__ as ready
from tools.ready import environment, program, requirements

REQUIREMENTS = ROOT / "requirements.txt"


def test_every_requirement_of_a_deployer_is_pinned_and_found() -> None:
    pins = requirements.pins(REQUIREMENTS)
    lines = [line for file in requirements.files(REQUIREMENTS) for line in file.read_text().splitlines()]
    wanted = [line for line in lines if line and not line.startswith(("#", "-r"))]

    assert len(pins) == len(wanted)
    assert set(environment.SDKS) <= set(pins)


@given(
    st.dictionaries(st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True), st.from_regex(r"\d\.\d\.\d", fullmatch=True))
)
def test_pins_are_read_back(pins: dict[str, str]) -> None:
    text = "# a comment\n" + "".join(f"{name}=={version}  # why\n" for name, version in pins.items())

    assert {match[1]: match[2] for line in text.splitlines() if (match := requirements.PIN.match(line))} == pins


def test_a_file_is_read_once_however_often_it_is_included(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "c.txt").write_text("c==3\n")
    (tmp_path / "b.txt").write_text("-r deep/c.txt\nb==2\n")
    (tmp_path / "a.txt").write_text("-r b.txt\n-r deep/c.txt\na==1\n")

    assert [file.name for file in requirements.files(tmp_path / "a.txt")] == ["a.txt", "b.txt", "c.txt"]
    assert requirements.pins(tmp_path / "a.txt") == {"a": "1", "b": "2", "c": "3"}


def test_another_version_and_a_missing_package_are_said_with_their_mend() -> None:
    here = metadata.version("pulumi")

    assert list(environment.problems({"pulumi": here})) == []
    other, missing = environment.problems({"pulumi": "0.1.2", "no-such-package-here": "1.0"})
    assert other.startswith(f"pulumi 0.1.2 is needed, and {here} is installed: `.venv/bin/python -m pip install -r")
    assert missing.startswith("no-such-package-here 1.0 is needed, and none is installed")


def test_an_sdk_that_cannot_be_imported_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """For example in an environment that a first `make model` made before `make deploy-ready` existed."""
    real = importlib.import_module

    def without(name: str) -> object:
        if name == "pulumi_awsx":
            raise ImportError("No module named 'pulumi_awsx'")
        return real(name)

    monkeypatch.setattr(importlib, "import_module", without)

    [only] = environment.problems({})
    assert only.startswith("pulumi-awsx cannot be imported (No module named 'pulumi_awsx')")


def test_a_program_that_refuses_is_told_in_its_own_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert ready.main(["--stack", "never-made"]) == 1
    assert "there is no Pulumi.never-made.yaml: make the stack with `pulumi stack init`" in capsys.readouterr().err


def test_what_the_machine_lacks_does_not_make_the_folder_unready(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = program.Recorded(189, ("efs", "s3"), "arm64", "iam", "us-east-1", "hub")
    monkeypatch.setattr(program, "recorded", lambda stack: run)
    monkeypatch.setattr("tools.ready.machine.lacking", lambda *_: iter(["a is missing: get it", "b is old: renew it"]))

    assert ready.main([]) == 0
    said = capsys.readouterr().out
    assert "NOT READY: a is missing: get it\nNOT READY: b is old: renew it\n" in said
    assert said.endswith("this folder is ready; this machine lacks 2 of what `pulumi up` needs\n")
