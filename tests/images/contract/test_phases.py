"""The phases are those that the functions measure; the page calls them as the list does."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

from contract import phases
from contract.checkout import IMAGES, ROOT

TIMING = (ROOT / "page" / "timing.js").read_text(encoding="utf-8")


def spans() -> Iterator[ast.expr]:
    """What the service calls its spans."""
    for path in (IMAGES / "similarity").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                of_phases = "phases" in ast.unparse(node.func.value)
                if node.func.attr == "span" or (node.func.attr == "add" and of_phases):
                    yield node.args[0]


def test_the_functions_measure_the_phases_of_the_list_and_no_others() -> None:
    assert {getattr(phases, ast.unparse(span), ast.unparse(span)) for span in spans()} == set(phases.PHASES)


def test_the_page_has_a_label_for_each_phase() -> None:
    labels = re.search(r"PHASE_LABELS = new Map\((\[.*?\])\);", TIMING, re.DOTALL)
    assert labels
    shown = dict(json.loads(re.sub(r",\s*\]$", "]", labels[1])))
    assert shown == {name: phase.label for name, phase in phases.PHASES.items()}


def test_the_page_knows_which_phases_hold_others() -> None:
    containers = re.search(r"CONTAINERS = (\[.*?\]);", TIMING)
    assert containers
    assert json.loads(containers[1]) == [name for name, phase in phases.PHASES.items() if phase.holds]
