"""The commands that `make deploy-ready` would run, asked of make itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.tools.ready.support.making import make_folder, would_run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_folder(tmp_path)


def make_environment(folder: Path, *stamps: str) -> None:
    """An environment as make leaves it, newer than the requirement files; all of the same second."""
    for name in ("bin/pip", *stamps):
        (folder / ".venv" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / ".venv" / name).touch()
    for file in (folder / "pyproject.toml", *folder.glob("requirements*.txt"), *folder.glob("images/*.txt")):
        os.utime(file, (0, 0))


@pytest.mark.parametrize("stamps", [(".base",), (".base", ".torch"), (".base", ".demo")])
def test_pulumi_is_added_to_an_environment_that_exists(folder: Path, stamps: tuple[str, ...]) -> None:
    """For example one that `make model`, `make bench` or `make demo` made, to which pulumi itself would add nothing."""
    make_environment(folder, *stamps)

    said = would_run(folder, "deploy-ready")
    assert "install --quiet --disable-pip-version-check --no-compile -r requirements.txt" in said
    assert said.index("-r requirements.txt") < said.index("-m model build") < said.index("-m tools.ready")
    assert "requirements-bench.txt" not in said
    assert "requirements-dev.txt" not in said


def test_a_new_pin_is_installed(folder: Path) -> None:
    make_environment(folder, ".base", ".deploy")
    assert "pip install" not in would_run(folder, "deploy-ready")

    os.utime(folder / "requirements.txt")
    assert "-r requirements.txt" in would_run(folder, "deploy-ready")


def test_options_reach_the_build_and_the_check(folder: Path) -> None:
    said = would_run(folder, "deploy-ready", "STACK=dev", "ARGS=--weights hub")

    assert "-m model build --weights hub\n" in said
    assert '-m tools.ready --stack "dev"\n' in said
