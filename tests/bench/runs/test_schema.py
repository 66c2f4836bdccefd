"""The shipped JSON Schema is that of the records: what runs write fits it, and wrong types do not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bench.runs.plan import Axes
from bench.runs.records import from_line
from bench.runs.store import RESULTS
from tests.bench.support.failing import failing, measured
from tools import results_schema

SHIPPED = json.loads(results_schema.FILE.read_text())
VALIDATOR = Draft202012Validator(SHIPPED)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    axes = Axes(("s3", "oci"), cold=2, warm=4, bursts=(2,))
    run = measured(tmp_path_factory.mktemp("run"), failing("s3", 30), axes)
    return [json.loads(line) for line in (run / RESULTS).read_text().splitlines()]


def test_the_shipped_schema_is_up_to_date_and_a_schema() -> None:
    assert results_schema.FILE.read_text() == results_schema.text(), "run python -m tools.results_schema"
    Draft202012Validator.check_schema(SHIPPED)


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
