"""An alternative takes its module and a line in the list."""

from __future__ import annotations

from pathlib import Path

from tests.bench.support.failing import measured
from tests.extending.support.tree import Tree, generic, listed

_MODULE = '''"""Prices a toy: a dollar a month."""

from __future__ import annotations

from bench.cost.alternatives.alternative import Alternative, Waits

TOY = Alternative("toy", usd=lambda _: 1.0, needs=lambda _: (), waits=Waits(), assumed="a dollar a month")
'''
_LIST = "bench/cost/alternatives/__init__.py"


def add_toy(tree: Tree) -> None:
    """An alternative called toy, the last row of each storage."""
    tree.add("bench/cost/alternatives/toy.py", _MODULE)
    tree.replace(_LIST, "import SNAPSHOT\n", "import SNAPSHOT\nfrom bench.cost.alternatives.toy import TOY\n")
    tree.replace(_LIST, "    CONTAINER,\n", "    CONTAINER,\n    TOY,\n")


def test_an_alternative_takes_its_module_and_a_line_in_the_list(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "tree")
    add_toy(tree)
    run = measured(tmp_path / "run")
    tree.python("bench/run.py", "report", str(run))
    rows = [line for line in (run / "report.md").read_text(encoding="utf-8").splitlines() if " · toy |" in line]
    assert len(rows) == 2
    assert all(row.count("$1.00") == 3 for row in rows)  # under three traffics
    assert generic(tree.touched, "toy") == listed("An alternative")
