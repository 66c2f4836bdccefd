"""`python -m lab shape`: what it answers, and its exit codes."""

from __future__ import annotations

import json

import pytest

from lab.check import cli
from lab.cli import main
from lab.shape.tested import Found, SelfTest


def test_a_machine_that_cannot_shape_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "obstacle", lambda shape: "it needs root")
    for command in (["shape", "possible", "processor"], ["shape", "check"]):
        assert main(command) == 1
        assert capsys.readouterr().err == "it needs root\n"
    monkeypatch.setattr(cli, "obstacle", lambda shape: None)
    assert main(["shape", "possible", "lambda"]) == 0
    with pytest.raises(SystemExit, match="2"):
        main(["shape", "possible", "round"])


@pytest.mark.parametrize(("reached", "bound", "code"), [(1.0, None, 0), (0.5, "one core", 0), (0.5, None, 1)])
def test_a_test_that_is_not_sound_ends_with_1(
    reached: float,
    bound: str | None,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = SelfTest("2026-11-28", (Found("processor", "cores", 1.0, reached, bound),))
    remembered: list[tuple[str, SelfTest]] = []

    async def tested(shape: object, say: object) -> SelfTest:
        return found

    monkeypatch.setattr(cli, "obstacle", lambda shape: None)
    monkeypatch.setattr(cli, "self_test", tested)
    monkeypatch.setattr(cli, "remember", lambda *what: remembered.append(what))
    assert main(["shape", "check", "processor", "--json"]) == code
    said = json.loads(capsys.readouterr().out)
    assert said["sound"] is (code == 0)
    assert said["found"][0]["reached"] == reached
    assert remembered == [("processor", found)]
