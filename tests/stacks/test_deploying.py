"""docs/deploying.md: its figures are current, and the commands that can be run here do what it says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bench.cost.prices import read_prices
from tests.stacks.support import iam
from tests.stacks.support.project import ROOT
from tests.stacks.support.recorder import Graph
from tools import deploying
from tools.generated import insert
from tools.policies.__main__ import DIRECTORY

PAGE = (ROOT / "docs" / "deploying.md").read_text()


def test_the_figures_are_current() -> None:
    """If this fails, run `python -m tools.deploying`."""
    assert insert(PAGE, deploying.NAME, deploying.block()) == PAGE


def test_everything_that_is_made_in_aws_is_counted(default: Graph) -> None:
    """The provider and our own components are not; each image and each repository of awsx is at least one thing."""
    plain = [resource for resource in default.resources if resource.type.startswith("aws:")]
    of_awsx = Counter(resource.type for resource in default.resources if resource.type.startswith("awsx:"))
    counted = deploying.count(default)

    assert counted["Lambda"] == len(default.of(":Function") + default.of(":Permission") + default.of(":Invocation"))
    assert len(plain) + sum(of_awsx.values()) <= counted.total() <= len(plain) + 3 * sum(of_awsx.values())


def test_seeding_costs_the_copy_the_reads_and_the_writes() -> None:
    prices = read_prices()
    reads = 36 * prices["s3_get"]  # parts of 16 MiB
    writes = 598_582_390 / 2**30 * prices["efs_write_gb"]
    copy = 60 * prices["lambda_gb_second_arm64"]

    assert deploying.seeding(prices["efs_write_gb"], prices) == pytest.approx(reads + writes + copy, rel=1e-3)


def test_a_page_without_a_place_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploying, "PAGE", tmp_path / "deploying.md")

    assert deploying.main() == 1


def test_the_policies_are_filled_in_as_the_page_says(tmp_path: Path) -> None:
    shutil.copytree(DIRECTORY, tmp_path / "docs" / "policies")
    [script] = [block for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if "sed" in block]
    subprocess.run(["bash", "-euc", script], cwd=tmp_path, env={"PATH": "/usr/bin:/bin", **iam.VALUES}, check=True)

    for path in DIRECTORY.glob("*.json"):
        filled = json.loads((tmp_path / "build" / "policies" / path.name).read_text())
        assert filled == iam.fill(json.loads(path.read_text()))


def test_every_word_to_replace_is_replaced() -> None:
    resources = [part["Resource"] for path in DIRECTORY.glob("*.json") for part in _statements(path)]
    of_s3_files = "DO-NOT-DELETE"  # it begins the names of its rules
    words = set(re.findall(r"[A-Z][A-Z_]+", json.dumps(resources).replace(of_s3_files, "")))

    assert {"ACCOUNT", "STATE_KEY_ID"} <= words
    assert [word for word in words if f"s/{word}/${word}/g" not in PAGE] == []


def test_a_placeholder_that_is_left_in_the_file_names_only_itself() -> None:
    """None is part of another, or filling in one would spoil the other."""
    names = list(iam.VALUES)

    assert [(a, b) for index, a in enumerate(names) for b in names[index + 1 :] if a in b] == []


def _statements(path: Path) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = json.loads(path.read_text())["Statement"]
    return statements
