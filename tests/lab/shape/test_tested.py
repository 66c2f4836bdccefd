"""A self-test is remembered for this machine and this lab, and for no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.shapes import SHAPES
from lab.shape import tested
from lab.shape.described import described, note_of
from lab.shape.shape import shape_named
from lab.shape.tested import Found, SelfTest, recall, remember

TEST = SelfTest(
    "2026-11-28T12:00+00:00",
    (Found("a", "ms", 10.0, 10.4), Found("b", "MB/s", 100.0, 50.0, "a slow disk"), Found("c", "ms", 10.0, 10.6)),
)


def test_it_is_found_again_as_long_as_lab_and_machine_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert recall("lambda", tmp_path) is None
    remember("lambda", TEST, tmp_path)
    assert recall("lambda", tmp_path) == TEST
    assert recall("processor", tmp_path) is None
    (tmp_path / "shape-check-processor.json").write_text("{")
    assert recall("processor", tmp_path) is None
    monkeypatch.setattr(tested, "_code", lambda: "another")
    assert recall("lambda", tmp_path) is None


def test_a_figure_is_met_or_bounded_or_the_test_is_not_sound() -> None:
    assert [each.is_met for each in TEST.found] == [True, False, False]
    assert not TEST.is_sound
    assert SelfTest(TEST.date, TEST.found[:2]).is_sound
    assert TEST.sentence.startswith(
        "1 of 3 figures within 5 % of the wanted, 1 bounded by this machine, 1 not as wanted"
    )


@pytest.mark.parametrize("name", SHAPES)
def test_every_dimension_is_limited_or_said_to_be_not(name: str) -> None:
    said = described(shape_named(name))
    dimensions = {"processor", "network", "S3", "mounted file system", "image"}
    assert dimensions <= said.limited.keys() | said.unlimited.keys()
    assert not said.limited.keys() & said.unlimited.keys()
    assert (said.reachable is None) == (name == "none")
    assert all(what in note_of(shape_named(name)) for what in said.limited)
    assert (note_of(shape_named(name)) == "") == (name == "none")
