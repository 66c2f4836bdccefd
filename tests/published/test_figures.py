"""The published figures are complete: each has a key of its own, a range around its value, a source and a date."""

import json
import re
from pathlib import Path

import pytest

from published.cold_starts import cold_starts, published_start
from published.read import figure, figures, number

FILES = sorted(Path("published").glob("*.json"))
TEST_SET = {"V2", "V5", "V8", "V10", "V15"}


def test_every_figure_has_a_short_key_of_its_own():
    rows = json.loads(Path("published/figures.json").read_text(encoding="utf-8"))["figures"]
    keys = [row["key"] for row in rows]
    assert len(keys) == len(set(keys)) == len(figures())
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", key) and len(key) <= 32 for key in keys)


@pytest.mark.parametrize("key", figures())
def test_a_figure_lies_between_its_ends_and_says_where_it_is_from(key):
    found = figure(key)
    assert len(found.source) >= 12
    assert re.search(r"20\d\d", found.date)
    assert found.unit
    assert found.kind in {
        "documented by AWS",
        "measured by others",
        "computed here from raw data published by others",
        "inferred",
    }
    if isinstance(found.value, int | float):
        assert found.range.low <= found.range.value <= found.range.high


def test_a_figure_that_is_a_text_is_not_a_number():
    with pytest.raises(ValueError, match="network-tick is not a number"):
        number("network-tick")
    with pytest.raises(KeyError, match="no published figure 'none'"):
        figure("none")


def test_the_23_cold_starts_have_their_times_as_numbers():
    assert set(cold_starts()) == {f"V{number}" for number in range(1, 24)}
    for start in cold_starts().values():
        assert start.times
        assert len(start.source) >= 10
        assert re.search(r"20\d\d", start.date)
        for time in start.times:
            assert time.median_s > 0
            assert (time.tail_s is None) == (time.tail is None)
            assert time.tail_s is None or time.tail_s >= time.median_s


def test_the_test_set_is_marked():
    assert {name for name, start in cold_starts().items() if start.test} == TEST_SET


def test_a_time_is_found_by_its_name():
    assert published_start("V15").time("500 MiB").median_s == 8.27
    assert published_start("V1").time().median_s == 19.72
    with pytest.raises(KeyError, match="3 times ''"):
        published_start("V15").time()
    with pytest.raises(KeyError, match="no published cold start"):
        published_start("V24")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_texts_refer_to_nothing_that_a_reader_lacks(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"DESIGN\.md|peers\.md|\bI \w+|\bmy\b|\": \"same|row above|rows above", text)
