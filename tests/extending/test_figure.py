"""A figure of the report takes its module and a line in the list."""

from __future__ import annotations

from pathlib import Path

from tests.bench.support.failing import measured
from tests.extending.support.tree import Tree, generic, listed

_MODULE = '''"""Shows how many samples there are."""

from __future__ import annotations

from bench.charts.svg import Chart, text
from bench.report.figures.figure import Figure, drawn
from bench.report.report import Report


def figure(report: Report) -> Figure | None:
    """The number of samples as a word."""
    said = f"There are {len(report.judged)} samples in this run."
    return drawn("A toy", lambda width: Chart(text(0, 20, "n"), 30, said), "A toy's words.")
'''
_LIST = "bench/report/figures/__init__.py"


def add_toy(tree: Tree) -> None:
    """A figure called toy, the last one of the page."""
    tree.add("bench/report/figures/toy.py", _MODULE)
    tree.replace(_LIST, "scale_out, shares\n", "scale_out, shares, toy\n")
    tree.replace(_LIST, "    cost.figure,\n", "    cost.figure,\n    toy.figure,\n")


def test_a_figure_takes_its_module_and_a_line_in_the_list(tmp_path: Path) -> None:
    tree = Tree(tmp_path / "tree")
    add_toy(tree)
    run = measured(tmp_path / "run")
    tree.python("bench/run.py", "report", str(run))
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "<h3>A toy</h3>" in page
    assert page.count("samples in this run.") == 2  # at both widths
    assert generic(tree.touched, "toy") == listed("A figure")
