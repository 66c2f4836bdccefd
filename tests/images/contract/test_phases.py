"""The phases are those that the functions measure; the page is told what they are called."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from contract import phases
from contract.checkout import IMAGES
from page.handler import FILES, page


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


def test_the_page_is_told_of_each_phase() -> None:
    html = page(FILES).text
    told = re.findall(r'<meta name="phase" content="(\w+)" data-label="([^"]+)"( data-holds)?>', html)
    assert told == [(name, phase.label, " data-holds" if phase.holds else "") for name, phase in phases.PHASES.items()]
    assert '<meta name="phase">' not in html
