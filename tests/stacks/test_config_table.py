"""The table of configuration keys in docs/configuration.md is what Pulumi.yaml says."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks import config_table
from tests.stacks.support.project import ROOT
from tests.stacks.support.recorder import defaults


def test_the_page_holds_the_current_table() -> None:
    """Mend it with `python -m stacks.config_table docs/configuration.md`."""
    text = (ROOT / "docs" / "configuration.md").read_text()

    assert config_table.insert(text, config_table.table()) == text


def test_the_table_has_a_row_for_every_key() -> None:
    rows = config_table.table().splitlines()[2:]

    assert [row.split("`")[1] for row in rows] == list(defaults())
    assert all(row.count(" | ") == 3 for row in rows)


def test_puts_the_table_between_the_markers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{config_table.START}\nold\n{config_table.END}\nafter\n")

    assert config_table.main([str(page)]) == 0
    assert config_table.main([]) == 0

    table = capsys.readouterr().out.strip()
    assert page.read_text() == f"before\n{config_table.START}\n{table}\n{config_table.END}\nafter\n"


@pytest.mark.parametrize("text", ["", config_table.START, f"{config_table.START}{config_table.END}" * 2])
def test_a_page_without_a_place_is_left_alone(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)

    assert config_table.main([str(page)]) == 1
    assert config_table.main([str(tmp_path / "none.md")]) == 1

    assert page.read_text() == text
    assert "once" in capsys.readouterr().err
