"""Kinds of sources and their rows: recognised by shape, and every fault ends in a message."""

from __future__ import annotations

import csv
import io
import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.base.errors import BuildError
from model.index import rows, sources
from model.index.containers import Meter
from model.index.records import Incident, Mean, Record, Report, Skip
from tests.model.support import snapshots

INCIDENTS = [(2, "Two", "2020-01-31", [5, 6]), (1, "One", "2019-02-01T10:00:00Z", [7])]
REPORTS = [(5, "five"), (6, "six, “quoted”\nand more"), (7, "seven")]


def read(path: Path, width: int = 3) -> list[Record]:
    return list(sources.read(sources.detect(path), width, Meter()))


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("kind", ["directory", "nested", "b.tar.bz2", "b.tar.gz", "b.tar.xz", "b.zip"])
def test_a_snapshot_is_read_however_it_is_packed(tmp_path: Path, kind: str) -> None:
    tables = snapshots.write(tmp_path / "download" / snapshots.FOLDER, INCIDENTS, REPORTS)
    path = {"directory": tables, "nested": tmp_path / "download"}.get(kind) or snapshots.pack(tables, tmp_path / kind)
    assert sources.detect(path).kind == sources.SNAPSHOT
    found = read(path)
    cite = "https://incidentdatabase.ai/cite/"
    assert [record for record in found if isinstance(record, Incident)] == [
        Incident(2, "Two", "2020-01-31", f"{cite}2", (5, 6)),
        Incident(1, "One", "2019-02-01", f"{cite}1", (7,)),
    ]
    assert [record for record in found if isinstance(record, Report)] == [Report(*report) for report in REPORTS]
    assert len(found) == 5


def test_reading_says_how_far_it_is(tmp_path: Path) -> None:
    tables = snapshots.write(tmp_path / "t", INCIDENTS, ((n, "x" * 1000) for n in range(2000)))
    meter, seen = Meter(), []
    for _ in sources.read(sources.detect(tables), 3, meter):
        seen.append(meter.done)
    assert seen == sorted(seen)
    assert seen[0] < meter.total / 2
    assert seen[-1] == meter.total == sum(path.stat().st_size for path in tables.iterdir())


def test_plain_tables(tmp_path: Path) -> None:
    expected = [Incident(4, "A, b", "2020-01-31", "https://x.example/4", (4,)), Report(4, " text\n")]
    row = {"id": 4, "title": " A, b ", "text": " text\n", "url": "https://x.example/4", "date": "2020-01-31", "more": 1}
    table = io.StringIO()
    writer = csv.DictWriter(table, list(row))
    writer.writeheader()
    writer.writerow(row)
    assert read(write(tmp_path / "t.csv", "\ufeff" + table.getvalue())) == expected
    assert read(write(tmp_path / "t.jsonl", json.dumps(row) + "\n\n")) == expected
    named = json.dumps({**row, "incident_id": row.pop("id")})
    assert read(write(tmp_path / "n.jsonl", named)) == expected
    bare = read(write(tmp_path / "b.csv", "text,id,title\nhello,9,\n"))
    assert bare == [Incident(9, "Incident 9", "", "", (9,)), Report(9, "hello")]


def test_a_state(tmp_path: Path) -> None:
    path = write(tmp_path / "state.csv", 'incident_id,count,mean\n3,2,"[1, -0.5, 1e-3]"\n')
    assert sources.detect(path).kind == sources.STATE
    (mean,) = read(path)
    assert isinstance(mean, Mean)
    assert (mean.incident_id, mean.count) == (3, 2)
    np.testing.assert_array_equal(mean.vector, np.array([1, -0.5, 1e-3], np.float32))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('x,2,"[1, 2, 3]"', "incident_id 'x' is not a whole number"),
        ('-1,2,"[1, 2, 3]"', "incident_id '-1' is not a whole number"),
        ('99999999999999999999,2,"[1, 2, 3]"', "is not a whole number"),
        ('1,0,"[1, 2, 3]"', "count is 0"),
        ('1,2,"[1, 2]"', "mean has 2 numbers, the model's vectors have 3"),
        ('1,2,"[1, 2, NaN]"', "holds a value that is not a finite float32"),
        ('1,2,"[1, 2, Infinity]"', "holds a value that is not a finite float32"),
        ('1,2,"[1, 2, 1e39]"', "holds a value that is not a finite float32"),
        (f'1,2,"[1, 2, {10**400}]"', "holds a value that is not a finite float32"),
        ('1,2,"[1, 2, true]"', "mean is not a JSON list of numbers"),
        ('1,2,"[1, 2, nan]"', "mean is not a JSON list of numbers"),
        ('1,2,"{}"', "mean is not a JSON list of numbers"),
        ("1,2," + "[" * 100_000, "mean is not a JSON list of numbers"),
        ("1,2", "has 2 fields, the header has 3"),
    ],
)
def test_a_bad_row_of_a_state_is_skipped_with_its_line(tmp_path: Path, row: str, reason: str) -> None:
    found = read(write(tmp_path / "state.csv", f'incident_id,count,mean\n{row}\n8,1,"[1, 2, 3]"\n'))
    assert isinstance(found[0], Skip)
    assert found[0].place == "state.csv, line 2"
    assert reason in found[0].reason
    assert isinstance(found[1], Mean)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "is not JSON"),
        ("[1]", "is not a JSON object"),
        ("[" * 100_000, "is not JSON"),
        ('{"title": "t", "text": "x"}', "has no id"),
        ('{"id": 1}', "has no text"),
        ('{"id": true, "text": "x"}', "id 'True' is not a whole number"),
        ('{"id": 1.5, "text": "x"}', "id '1.5' is not a whole number"),
        ('{"id": "T-1", "text": "x"}', "id 'T-1' is not a whole number"),
        ('{"id": 1, "text": 5}', "text is not text"),
        ('{"id": 1, "text": "\\ud800"}', "text holds a lone surrogate"),
        ('{"id": 1, "text": "x", "title": ["t"]}', "title is not text"),
        ('{"id": 1, "text": "x", "url": "javascript:alert(1)"}', "does not begin with https:// or http://"),
    ],
)
def test_a_bad_line_of_a_plain_table_is_skipped_with_its_number(tmp_path: Path, line: str, reason: str) -> None:
    found = read(write(tmp_path / "t.jsonl", f'{line}\n{{"id": 2, "text": "good"}}\n'))
    assert isinstance(found[0], Skip)
    assert found[0].place == "t.jsonl, line 1"
    assert reason in found[0].reason
    assert found[-1] == Report(2, "good")


@pytest.mark.parametrize("listed", ["", "5", "[5", "{}", '["a"]', "[1.5]", "[-1]", "[null]"])
def test_a_list_of_reports_that_is_none_is_skipped(tmp_path: Path, listed: str) -> None:
    tables = snapshots.write(tmp_path / "t", INCIDENTS, REPORTS)
    with (tables / "incidents.csv").open("a", newline="") as file:
        csv.DictWriter(file, snapshots.INCIDENT_COLUMNS).writerow({"incident_id": 9, "reports": listed})
    (skip,) = (record for record in read(tables) if isinstance(record, Skip))
    assert skip.place == "incidents.csv, line 4"


def test_numbers_that_software_wrote_its_own_way_are_read(tmp_path: Path) -> None:
    tables = snapshots.write(tmp_path / "t", INCIDENTS, REPORTS)
    with (tables / "incidents.csv").open("a", newline="") as file:
        fields = {"incident_id": "12.0", "reports": '[5.0, "6"]'}
        csv.DictWriter(file, snapshots.INCIDENT_COLUMNS).writerow(fields)
    (found,) = (r for r in read(tables) if isinstance(r, Incident) and r.incident_id == 12)
    assert found.reports == (5, 6)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("t.csv", "a,b\n1,2\n", "has the columns a, b; wanted is"),
        ("t.csv", "", "has the columns of nothing; wanted is"),
        ("t.csv", "id,text\n1,x\n", "has no column title"),
        ("t.csv", "id,title,text,text\n", "more than one column text"),
        ("incidents.csv", "incident_id,title,date,reports\n", "name the directory or archive that holds both"),
        ("reports.csv", "report_number,text,incident_id\n", "name the directory or archive that holds both"),
        ("t.zip", "PK", "is damaged or no archive"),
        ("t.tar.bz2", "BZh9", "is damaged or no archive"),
        ("t.tar.gz", "x" * 2000, "is damaged or no archive"),
        ("t.csv", 'id,title,text\n1,t,"' + "x" * rows.LONGEST + "\n", "a line of more than"),
    ],
)
def test_what_is_no_source_is_named(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(BuildError, match=words):
        read(write(tmp_path / name, text))


def test_a_quotation_mark_left_open_does_not_swallow_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", 'id,title,text\n1,t,"' + "a line\n" * (rows.LONGEST // 7 + 1))
    with pytest.raises(BuildError, match="is a quotation mark left open"):
        read(path)


def test_a_file_that_is_not_there_or_not_utf8_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"nowhere\.csv cannot be read: No such file"):
        sources.detect(tmp_path / "nowhere.csv")
    (tmp_path / "t.csv").write_bytes(b"id,title,text\n1,t,caf\xe9\n")
    with pytest.raises(BuildError, match=r"t\.csv is not UTF-8"):
        read(tmp_path / "t.csv")


@pytest.mark.parametrize("missing", ["incidents.csv", "reports.csv"])
@pytest.mark.parametrize("packed", [True, False])
def test_a_snapshot_without_one_of_its_tables_is_named(tmp_path: Path, missing: str, packed: bool) -> None:
    path = snapshots.write(tmp_path / "t", INCIDENTS, REPORTS)
    if packed:
        path = snapshots.pack(path, tmp_path / "t.zip", without=missing)
    else:
        (path / missing).unlink()
    with pytest.raises(BuildError, match=f"holds {missing} nowhere"):
        read(path)


def test_a_column_that_is_missing_is_named(tmp_path: Path) -> None:
    tables = snapshots.write(tmp_path / "t", INCIDENTS, REPORTS)
    text = (tables / "reports.csv").read_text().replace("text", "words", 1)
    write(tables / "reports.csv", text)
    with pytest.raises(BuildError, match=r"reports\.csv has no column text"):
        read(tables)


def test_two_snapshots_in_one_directory_are_too_many(tmp_path: Path) -> None:
    for name in ("a", "b"):
        snapshots.write(tmp_path / "t" / name, INCIDENTS, REPORTS)
    with pytest.raises(BuildError, match=r"holds incidents\.csv more than once"):
        read(tmp_path / "t")


def test_a_cut_archive_is_damaged(tmp_path: Path) -> None:
    tables = snapshots.write(tmp_path / "t", INCIDENTS, ((n, f"{n} {hash(str(n))}") for n in range(5000)))
    whole = snapshots.pack(tables, tmp_path / "t.tar.gz").read_bytes()
    (tmp_path / "t.tar.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BuildError, match=r"t\.tar\.gz"):
        read(tmp_path / "t.tar.gz")


@given(st.binary(max_size=300), st.sampled_from(["t.csv", "t.jsonl", "t.zip", "t.tar.gz"]), st.booleans())
def test_no_bytes_end_a_run_but_with_words(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str, titled: bool
) -> None:
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes((b"id,title,text\n" if titled else b"") + data)
    with suppress(BuildError):
        assert all(isinstance(record, Incident | Report | Skip) for record in read(path))


@given(st.lists(st.tuples(st.integers(0, 2**63 - 1), st.text(st.characters(exclude_categories=["Cs"])))))
def test_every_text_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, texts: list[tuple[int, str]]
) -> None:
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, quoting=csv.QUOTE_ALL)
        table.writerow(("id", "title", "text"))
        table.writerows((number, "t", text) for number, text in texts)
    assert [record for record in read(path) if isinstance(record, Report)] == [Report(*text) for text in texts]
