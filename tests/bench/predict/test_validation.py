"""The rows that can be rebuilt are, with what was published, and counted by starts."""

import pytest

from bench.predict.libraries import PROGRAMS, Library, Program, measure
from bench.predict.spread import between, fixed
from bench.predict.validation import LEFT_OUT, REBUILT, validate
from bench.process.errors import TargetError, UsageError
from published.cold_starts import cold_starts
from tools.validation import Core, document

LIBRARIES = {
    name: Library(boot=between(70, 80, 90), imports=between(100, 120, 140), load=fixed(300), code_bytes=50e6)
    for name in PROGRAMS
}

CORE = Core(fibonacci_ms=433.0, sort_ms=6_585.0)  # twice as fast as one of Lambda's


def test_every_published_start_is_rebuilt_or_left_out_with_a_reason():
    named = {each.id for each in REBUILT}
    left = " ".join(LEFT_OUT).replace("V12-V14", "V12, V13, V14").replace("V20-V23", "V20, V21, V22, V23")
    left_out = {name.strip() for name in left.replace(" ", ",").split(",") if name.strip()}
    assert named | left_out == set(cold_starts())
    assert not named & left_out


def test_the_rows_carry_the_published_times_and_count_by_starts():
    found = validate(LIBRARIES)
    times = {row.name: row.published_ms for row in found.rows}
    assert times["V1"] == 19_720
    assert times["V15, 500 MiB"] == 8_270
    assert len(found.starts) == len({each.id for each in REBUILT})
    test, others = found.only(lambda row: row.start.test), found.only(lambda row: not row.start.test)
    assert set(test.starts) == {"V2", "V5", "V10", "V15"}
    assert found.covered == test.covered + others.covered
    assert found.median_ratio > 0


def test_without_a_row_there_is_no_ratio():
    with pytest.raises(UsageError, match="no published cold start could be rebuilt"):
        _ = validate(LIBRARIES).only(lambda row: False).median_ratio


def test_the_rows_whose_figures_come_from_elsewhere_are_counted_apart():
    independent = validate(LIBRARIES).only(lambda row: row.independent)
    assert set(independent.starts) == {"V1", "V2", "V16", "V19"}


def test_a_prediction_that_is_far_off_is_not_covered():
    slow = {name: Library(fixed(80), fixed(60_000), fixed(0), 0) for name in PROGRAMS}
    rows = {row.name: row for row in validate(slow).rows}
    assert not rows["V4"].covered
    assert rows["V4"].ratio > 10


def test_a_start_whose_library_is_missing_is_named():
    some = {name: library for name, library in LIBRARIES.items() if "onnx" in name}
    text = document(some, CORE)
    assert "V1, V19, V2: their library is not installed here" in text


def test_the_document_has_every_row_and_says_which_are_not_independent():
    text = document(LIBRARIES, CORE)
    for row in validate(LIBRARIES).rows:
        assert f"| {row.name}" in text
    assert "- V4, V5, V6: `image-chunk-later`" in text
    assert "take 1.24 to 2.20 times as long as this core" in text
    assert [line.count(" | 2.00 (") for line in text.splitlines() if "| `core-" in line][:2] == [1, 1]
    assert all(len(line) <= 122 or line.startswith("|") for line in text.splitlines())


def test_a_library_is_measured_in_processes_of_its_own():
    programs = {
        "numpy": Program(("numpy",), "", "import numpy", "sum(range(100_000))"),
        "none": Program(("no_such_package",), "", "import no_such_package", ""),
    }
    found = measure(programs, repeats=1)
    assert set(found) == {"numpy"}
    for spread in (found["numpy"].boot, found["numpy"].imports, found["numpy"].load):
        assert all(ms > 0 for _, ms in spread.points)
    assert 5e6 < found["numpy"].code_bytes < 1e9


def test_a_library_that_cannot_be_started_is_an_error():
    with pytest.raises(TargetError, match=r"could not be measured: (?s:.*)broken"):
        measure({"broken": Program(("numpy",), "", "raise ImportError('broken')", "")}, repeats=1)
