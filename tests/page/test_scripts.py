"""The page's scripts, run by Playwright's own node: they parse, and their pure functions are right."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from page.handler import FILES
from tests.page.support.screen import NODE


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([NODE, *arguments], capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("script", sorted(FILES.glob("*.js")), ids=lambda path: path.name)
def test_a_script_parses_and_is_strict(script: Path) -> None:
    assert run("--check", script).returncode == 0
    assert script.read_text(encoding="utf-8").startswith('"use strict";\n')


def test_pure_functions_hold() -> None:
    done = run("--test", "--test-reporter=tap", Path(__file__).with_name("timing.test.mjs"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# fail 0" in done.stdout
    assert "# pass 0" not in done.stdout


def test_no_script_makes_markup_or_code_of_text() -> None:
    for script in FILES.glob("*.js"):
        words = (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "setAttribute('on",
        )
        assert [word for word in words if word in script.read_text(encoding="utf-8")] == []
