"""The shipped JSON Schema is that of the records: what runs write fits it, and wrong types do not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bench.process.errors import UsageError
from bench.runs.load_file import LoadFile, read_load
from bench.runs.loads import Arrival, LoadHeader, Reading, Step
from bench.runs.plan import Axes
from bench.runs.records import from_line
from bench.runs.store import LOAD, RESULTS
from tests.bench.support.failing import failing, measured
from tools import schemas

SHIPPED = {path.name: json.loads(path.read_text()) for path in schemas.FILES}
VALIDATOR = Draft202012Validator(SHIPPED["results.schema.json"])
LOADS = Draft202012Validator(SHIPPED["load.schema.json"])


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    axes = Axes(("s3", "oci"), cold=2, warm=4, bursts=(2,))
    run = measured(tmp_path_factory.mktemp("run"), failing("s3", 30), axes)
    return [json.loads(line) for line in (run / RESULTS).read_text().splitlines()]


@pytest.mark.parametrize("path", schemas.FILES, ids=lambda path: path.name)
def test_a_shipped_schema_is_up_to_date_and_a_schema(path: Path) -> None:
    assert path.read_text() == schemas.text(path), "run python -m tools.schemas"
    Draft202012Validator.check_schema(SHIPPED[path.name])


def test_every_line_of_a_load_fits_and_lines_that_its_reader_refuses_do_not(tmp_path: Path) -> None:
    header = LoadHeader("load", 1, "2026-11-29T00:00:00Z", 1.0, 2.0, "poisson", 1, 10, {"kind": "lab"}, {}, ())
    written = [
        header,
        Step("s3", 1, 1.0, 2.0, 2.0, 3),
        Arrival("s3", 0.5, error="timeout"),
        Reading("s3", 1, 1.0, 0.1, None, 2.0),
    ]
    with LoadFile(tmp_path) as file:
        for one in written:
            file.append(one)
    lines = [json.loads(line) for line in (tmp_path / LOAD).read_text().splitlines()]
    assert [error.message for line in lines for error in LOADS.iter_errors(line)] == []
    assert read_load(tmp_path).arrivals == (written[2],)
    for number, changes in ((0, {"schema": 2}), (1, {"planned": -1}), (2, {"due_s": "0"}), (3, {"kind": "other"})):
        broken = [{**line, **changes} if index == number else line for index, line in enumerate(lines)]
        (tmp_path / LOAD).write_text("\n".join(map(json.dumps, broken)))
        assert not LOADS.is_valid(broken[number])
        with pytest.raises(UsageError, match=f"line {number + 1}"):
            read_load(tmp_path)


def test_every_line_of_a_run_fits(lines: list[dict[str, Any]]) -> None:
    assert {line["kind"] for line in lines} == {"session", "sample", "visit", "end"}
    assert [error.message for line in lines for error in VALIDATOR.iter_errors(line)] == []


@pytest.mark.parametrize(
    ("kind", "place", "value"),
    [
        ("sample", ("seen", "request_ms"), "12"),
        ("sample", ("seen", "request_ms"), -1),
        ("sample", ("seen", "phases_ms"), {"boot": None}),
        ("sample", ("round",), 1.5),
        ("sample", ("variant",), "s3"),
        ("visit", ("log_lines",), "REPORT"),
        ("end", ("reason",), None),
        ("session", ("axes",), {}),
        ("session", ("kind",), "other"),
    ],
)
def test_what_the_reader_refuses_does_not_fit(
    lines: list[dict[str, Any]], kind: str, place: tuple[str, ...], value: object
) -> None:
    line = json.loads(json.dumps(next(line for line in lines if line["kind"] == kind)))
    inner = line
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    with pytest.raises(ValueError, match=f"{place[-1]}|kind"):
        from_line(json.dumps(line).encode())
    assert not VALIDATOR.is_valid(line)


def test_fields_of_later_versions_are_allowed(lines: list[dict[str, Any]]) -> None:
    assert all(VALIDATOR.is_valid({**line, "later": 1}) for line in lines)
