"""The commands in the documents exist."""

from __future__ import annotations

import importlib.util
import re

from bench.process.errors import EXIT_CODES
from contract.checkout import ROOT
from tests.docs.support.documents import code, documents

CODE = [text for page in documents() for text in code(page.read_text())]


def _named(pattern: str) -> set[str]:
    return {name for text in CODE for name in re.findall(pattern, text)}


def test_every_make_target_is_in_the_makefile() -> None:
    targets = re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = _named(r"(?:^|&& |\n|`)make ([a-z][a-z0-9-]*)")

    assert {"bench", "test"} <= named
    assert named - set(targets) == set()


def test_every_module_that_is_run_exists() -> None:
    named = _named(r"python3? -m ([\w.]+)")

    assert {"lab", "model", "tools.images"} <= named
    assert {name for name in named if importlib.util.find_spec(name) is None} == set()


def test_every_command_of_the_benchmark_exists() -> None:
    named = _named(r"bench/run\.py ([a-z][\w-]*)")

    assert "report" in named
    assert {name for name in named if not (ROOT / "bench" / "commands" / f"{name}.py").is_file()} == set()


def test_every_exit_code_of_the_benchmark_is_explained() -> None:
    rows = re.findall(r"^\| (\d+) \|", (ROOT / "docs" / "benchmark.md").read_text(), re.MULTILINE)

    assert [int(code) for code in rows] == list(EXIT_CODES)
