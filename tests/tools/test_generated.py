"""Generated text goes between its markers, and nowhere else."""

from __future__ import annotations

import pytest

from tools.generated import insert, table

PLACE = "<!-- keys:start -->\nold\n<!-- keys:end -->"


def test_text_replaces_what_is_between_the_markers() -> None:
    assert insert(f"before\n{PLACE}\nafter\n", "keys", "new") == (
        "before\n<!-- keys:start -->\nnew\n<!-- keys:end -->\nafter\n"
    )


def test_other_markers_are_left_alone() -> None:
    other = PLACE.replace("keys", "other")

    assert insert(f"{other}\n{PLACE}", "keys", "new").startswith(f"{other}\n")


@pytest.mark.parametrize("text", ["", "<!-- keys:start -->", PLACE * 2, PLACE.replace("keys", "other")])
def test_a_document_without_exactly_one_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="once"):
        insert(text, "keys", "new")


def test_a_table_has_heads_and_rows() -> None:
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
