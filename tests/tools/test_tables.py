"""The tables of the documents are those of the contract; `python -m tools.tables` writes them."""

from __future__ import annotations

import pytest

from contract.checkout import ROOT
from stacks.config_table import insert
from tools.tables import TABLES, Table, markdown


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_documents_table_is_current(table: Table) -> None:
    text = (ROOT / table.document).read_text(encoding="utf-8")
    assert insert(text, table.make(), table.start, table.end) == text


def test_a_table_has_a_line_for_the_header_and_each_row() -> None:
    assert markdown(("a", "b"), [("1", "2"), ("3", "4")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |"
