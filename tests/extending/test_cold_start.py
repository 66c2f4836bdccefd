"""A kind of cold start is one file, and its place in the list."""

from __future__ import annotations

import json
from pathlib import Path

from tests.extending.support.tree import Tree, generic, listed

LIST = "bench/runs/cold_starts/__init__.py"
TOY = '''"""Measures two requests at once after a pause."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from bench.runs.cold_starts.axes import WARM_UP_ROUND, CommonAxes
from bench.runs.cold_starts.kind import PRIMER, Asking, ColdStart


@dataclass(frozen=True)
class ToyAxes(CommonAxes):
    """`toy_s` is the pause in seconds; 0: not measured."""

    toy_s: float = 0.0


@dataclass(frozen=True)
class Toy(ColdStart[ToyAxes]):
    """A primer, then two requests after `pause_s`."""

    name: ClassVar[str] = "toy"

    pause_s: float

    @classmethod
    def add_option(cls, parser: argparse.ArgumentParser) -> None:
        """How long the pause is."""
        parser.add_argument("--toy", dest="toy_s", type=float, default=0.0, help="two at once after so many seconds")

    @classmethod
    def planned(cls, axes: ToyAxes, number: int) -> Iterator[Self]:
        """One visit, where a pause is wanted."""
        if axes.toy_s and number != WARM_UP_ROUND:
            yield cls(axes.toy_s)

    @property
    def words(self) -> str:
        """How long the pause is."""
        return f"two after {self.pause_s:.0f} s"

    @property
    def at_once(self) -> int:
        """All but the primer."""
        return 2

    @property
    def colds(self) -> int:
        """The primer, and both that come after the pause."""
        return 3

    def seconds(self, cold_s: float, warm_s: float) -> float:
        """The two start side by side, after the pause."""
        return 2 * cold_s + self.pause_s

    def ask(self, asking: Asking) -> None:
        """Make an environment, leave it alone, and ask for more than it can take."""
        asking.one(PRIMER)
        asking.sleep(self.pause_s)
        asking.at_once("toy", 2)
'''
MEASURE = """
import argparse, pathlib, sys
from bench.commands.options import add_axes_options, axes_from
from tests.bench.support.failing import measured
parser = argparse.ArgumentParser()
add_axes_options(parser)
measured(pathlib.Path(sys.argv[1]), axes=axes_from(parser.parse_args(sys.argv[2:])))
"""
AXES = ("--backends", "s3", "--cold", "3", "--warm", "3", "--toy", "900")


def add_toy(tree: Tree) -> None:
    """A kind with an option, a pause and two requests at once."""
    tree.add("bench/runs/cold_starts/toy.py", TOY)
    scale_out = "from bench.runs.cold_starts.scale_out import ScaleOut, ScaleOutAxes\n"
    tree.replace(LIST, scale_out, f"{scale_out}from bench.runs.cold_starts.toy import Toy, ToyAxes\n")
    tree.replace(LIST, "class ColdStartAxes(", "class ColdStartAxes(ToyAxes, ")
    tree.replace(LIST, "Idle, FirstDeploy)", "Idle, FirstDeploy, Toy)")


def test_a_cold_start_takes_the_listed_files_and_is_planned_measured_and_reported(tmp_path: Path) -> None:
    tree, run = Tree(tmp_path / "tree"), tmp_path / "run"
    add_toy(tree)
    assert generic(tree.touched, "toy") == listed("A cold start")

    plan = tree.python("bench/run.py", "plan", *AXES)
    visits = [line.split(maxsplit=2) for line in plan.splitlines() if ".toy " in line]
    assert visits == [[f"r00{number}.s3.onnx.20t.http.toy", "toy", "two after 900 s"] for number in (1, 2, 3)]
    assert "17 requests, 13 cold starts" in plan  # four rounds of a cold and a warm one, three of a primer and two

    tree.python("-c", MEASURE, str(run), *AXES)
    tree.python("bench/run.py", "report", str(run))
    (found,) = json.loads((run / "summary.json").read_text())["other_cold_starts"]
    assert (found["kind"], found["size"], found["requests"], found["cold"], found["invalid"]) == ("toy", 2, 6, 6, 0)
    assert "| toy · s3 |" in (run / "report.md").read_text()
