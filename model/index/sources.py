"""Recognises a source of incidents by its shape: AIID's snapshot, its former service's state, or a plain table.

AIID publishes a snapshot every week, `backup-<time>.tar.bz2`, with tables written by mongoexport: `incidents.csv`
(incident_id, date, reports as a JSON list of report numbers, title, …) and `reports.csv` (report_number, text, title,
url, language, …), both in `mongodump_full_snapshot/` beside the dump itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.base.errors import BuildError
from model.index import addresses, containers, first_bytes, own, records, rows
from model.index.containers import Meter
from model.index.records import BadRow, Incident, Mean, Record, Report, Skip
from similarity.bundle.manifest import AIID, Collection

INCIDENTS, REPORTS = "incidents.csv", "reports.csv"
COLUMNS = {INCIDENTS: ("incident_id", "title", "date", "reports"), REPORTS: ("report_number", "text")}
STATE_COLUMNS = ("incident_id", "count", "mean")
JSONL = (".jsonl", ".ndjson", ".json")
SNAPSHOT, STATE, PLAIN = "AIID's snapshot", "the state of AIID's former service", "a plain table"
KINDS = (
    f"a directory or archive with {INCIDENTS} and {REPORTS}, a state.csv, or a CSV or JSONL file with id, title, text"
)

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """A source, which kind it is, and what its incidents are taken from: AIID, but for a plain table."""

    path: Path
    kind: str
    collection: Collection = AIID


def detect(path: Path) -> Source:
    """The kind of source at `path`, by its shape and its header; raises BuildError if it is none that can be read."""
    if path.is_dir():
        return Source(path, SNAPSHOT)
    with containers.readable(path), path.open("rb") as file:
        if containers.is_container(path):
            first_bytes.check_pointer(path)
            return Source(path, SNAPSHOT)
        first_bytes.check_text(path)
        if first_bytes.is_json(path) or path.suffix.lower() in JSONL:
            return _own(path)
        columns = rows.header(file, path.name)
    if set(STATE_COLUMNS) <= set(columns):
        return Source(path, STATE)
    if "text" in columns and {"id", "incident_id"} & set(columns) and "report_number" not in columns:
        return _own(path)
    if {"reports", "report_number"} & set(columns):
        raise BuildError(f"{path} is one of a snapshot's two tables: name the directory or archive that holds both")
    raise BuildError(f"{path} has the columns {', '.join(columns[:20]) or 'of nothing'}; wanted is {KINDS}")


def _own(path: Path) -> Source:
    return Source(path, PLAIN, own.collection(own.title_of(path)))


def read(source: Source, width: int, meter: Meter) -> Iterator[Record]:
    """All records in the order of the source; `width` is that of the model's vectors. Raises BuildError."""
    name = source.path.name

    def plain(row: Fields) -> tuple[Record, ...]:
        return _plain(row, source.collection.url_template)

    with containers.readable(source.path):
        if source.kind == SNAPSHOT:
            yield from _snapshot(source.path, meter)
            return
        with meter.open(source.path) as file:
            if source.kind == STATE:
                yield from _records(name, rows.read_csv(file, name, STATE_COLUMNS), lambda row: _mean(row, width))
            elif first_bytes.is_json(source.path) or source.path.suffix.lower() in JSONL:
                yield from _records(name, rows.read_jsonl(file, name), plain)
            else:
                yield from _records(name, rows.read_csv(file, name, ("title", "text")), plain)


def _snapshot(path: Path, meter: Meter) -> Iterator[Record]:
    makers = {INCIDENTS: _incident, REPORTS: _report}
    seen = []
    for name, file in containers.tables(path, (INCIDENTS, REPORTS), meter):
        seen.append(name)
        yield from _records(name, rows.read_csv(file, name, COLUMNS[name]), makers[name])
    for name in makers:
        if seen.count(name) != 1:
            raise BuildError(
                f"{path} holds {name} {'more than once' if name in seen else 'nowhere'}; wanted is {KINDS}"
            )


def _records(name: str, table: Iterable[rows.Row], make: Callable[[Fields], tuple[Record, ...]]) -> Iterator[Record]:
    for line, row in table:
        try:
            if isinstance(row, str):
                raise BadRow(row)
            yield from make(row)
        except BadRow as error:
            yield Skip(f"{name}, line {line}", str(error))


def _incident(row: Fields) -> tuple[Record, ...]:
    incident_id = records.number(row["incident_id"], "incident_id")
    title = records.words(row, "title") or f"Incident {incident_id}"
    reports = records.numbers(row["reports"])
    return (Incident(incident_id, title, records.day(row), _cited(incident_id), reports),)


def _cited(incident_id: int) -> str:
    return addresses.filled(AIID.url_template, incident_id)


def _report(row: Fields) -> tuple[Record, ...]:
    return (Report(records.number(row["report_number"], "report_number"), records.text(row, "text")),)


def _mean(row: Fields, width: int) -> tuple[Record, ...]:
    incident_id = records.number(row["incident_id"], "incident_id")
    count = records.number(row["count"], "count")
    if count == 0:
        raise BadRow("count is 0: a mean of nothing")
    return (Mean(incident_id, count, records.vector(row["mean"], width)),)


def _plain(row: Fields, url_template: str) -> tuple[Record, ...]:
    """One incident that has one report: itself."""
    name = "id" if "id" in row else "incident_id"
    if name not in row or "text" not in row:
        raise BadRow(f"has no {'text' if name in row else 'id'}")
    incident_id = records.number(row[name], name)
    title = records.words(row, "title") or f"Incident {incident_id}"
    url = records.text(row, "url").strip() or addresses.filled(url_template, incident_id)
    if url:
        addresses.check(url)
    incident = Incident(incident_id, title, records.day(row), url, (incident_id,))
    return incident, Report(incident_id, records.text(row, "text"))
