"""Keeps what one run has read in a SQLite file, so that memory does not grow with the source.

It holds the texts that have no embedding yet and, for each incident, which reports it has. It is thrown away.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.base.errors import BuildError
from model.index.records import Incident, Mean, Skip

SCHEMA = """
CREATE TABLE incidents (id INTEGER PRIMARY KEY, title TEXT, date TEXT, url TEXT);
CREATE TABLE known (id INTEGER PRIMARY KEY, title TEXT, date TEXT, url TEXT);
CREATE TABLE members (incident INTEGER, report INTEGER, position INTEGER, PRIMARY KEY (incident, report)) WITHOUT ROWID;
CREATE TABLE reports (number INTEGER PRIMARY KEY, hash BLOB);
CREATE TABLE texts (hash BLOB PRIMARY KEY, tokens INTEGER, text TEXT);
CREATE TABLE means (incident INTEGER PRIMARY KEY, count INTEGER, vector BLOB);
CREATE TABLE skips (place TEXT, reason TEXT);
"""
# What is left over after reading: reports of no incident, reports that are missing, empty incidents.
LEFTOVERS = """
CREATE INDEX members_by_report ON members (report);
INSERT INTO skips SELECT 'report ' || number, 'belongs to no incident' FROM reports
    WHERE NOT EXISTS (SELECT 1 FROM members WHERE report = number);
DELETE FROM reports WHERE NOT EXISTS (SELECT 1 FROM members WHERE report = number);
INSERT INTO skips SELECT 'incident ' || incident, 'its report ' || report || ' is not there' FROM members
    WHERE NOT EXISTS (SELECT 1 FROM reports WHERE number = report) ORDER BY incident, position;
DELETE FROM members WHERE NOT EXISTS (SELECT 1 FROM reports WHERE number = report AND hash IS NOT NULL);
CREATE TEMP VIEW empty AS SELECT id FROM incidents
    WHERE id NOT IN (SELECT incident FROM members) AND id NOT IN (SELECT incident FROM means);
INSERT INTO skips SELECT 'incident ' || id, 'has no report that can be used' FROM empty;
DELETE FROM incidents WHERE id IN empty;
CREATE INDEX reports_by_hash ON reports (hash);
DELETE FROM texts WHERE NOT EXISTS (SELECT 1 FROM reports WHERE reports.hash = texts.hash);
CREATE INDEX texts_by_size ON texts (tokens, hash);
"""


@dataclass(frozen=True)
class Text:
    """A text to embed: `hash` is of its UTF-8 bytes, `tokens` is how many of its tokens the model reads."""

    hash: bytes
    tokens: int
    text: str


@dataclass(frozen=True)
class Entry:
    """An incident of the index: its reports' hashes in order or, if it came with one, its mean vector."""

    incident_id: int
    title: str
    date: str
    url: str
    hashes: tuple[bytes, ...]
    mean: tuple[int, np.ndarray] | None


class Store:
    """The tables of one run."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def add_incident(self, incident: Incident) -> None:
        fields = (incident.incident_id, incident.title, incident.date, incident.url)
        if not self._insert("incidents VALUES (?, ?, ?, ?)", fields):
            self.skip(Skip(f"incident {incident.incident_id}", "is there twice; the first one is kept"))
            return
        for position, report in enumerate(incident.reports):
            if not self._insert("members VALUES (?, ?, ?)", (incident.incident_id, report, position)):
                self.skip(Skip(f"incident {incident.incident_id}", f"names its report {report} twice; it counts once"))

    def remember(self, incident: Incident) -> None:
        """Remember the fields to show of an incident, in case it comes with a vector only."""
        fields = (incident.incident_id, incident.title, incident.date, incident.url)
        self._insert("known VALUES (?, ?, ?, ?)", fields)

    def add_mean(self, mean: Mean, title: str, url: str) -> None:
        """Add an incident with its vector; it shows the remembered fields, else this title and url."""
        if not self._insert("means VALUES (?, ?, ?)", (mean.incident_id, mean.count, mean.vector.tobytes())):
            self.skip(Skip(f"incident {mean.incident_id}", "is there twice; the first one is kept"))
            return
        known = self._connection.execute("SELECT * FROM known WHERE id = ?", (mean.incident_id,)).fetchone()
        self._insert("incidents VALUES (?, ?, ?, ?)", known or (mean.incident_id, title, "", url))

    def add_report(self, report_number: int, text_hash: bytes | None) -> bool:
        """Add a report, without a hash if it is empty; False if there is one of that number already."""
        return self._insert("reports VALUES (?, ?)", (report_number, text_hash))

    def add_text(self, text: Text) -> None:
        """Add a text to embed; several reports may share it."""
        self._insert("texts VALUES (?, ?, ?)", (text.hash, text.tokens, text.text))

    def skip(self, skip: Skip) -> None:
        self._connection.execute("INSERT INTO skips VALUES (?, ?)", (skip.place, skip.reason))

    def _insert(self, into: str, values: tuple[object, ...]) -> bool:
        return self._connection.execute(f"INSERT OR IGNORE INTO {into}", values).rowcount == 1

    def settle(self) -> None:
        """Remove and list what belongs to nothing; call this when everything was read."""
        self._connection.executescript(LEFTOVERS)

    def count(self, table: str) -> int:
        return int(self._connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608

    def without_url(self) -> int:
        """How many incidents have no link."""
        return int(self._connection.execute("SELECT count(*) FROM incidents WHERE url = ''").fetchone()[0])

    def tokens(self) -> int:
        """The tokens of all texts to embed."""
        return int(self._connection.execute("SELECT coalesce(sum(tokens), 0) FROM texts").fetchone()[0])

    def skips(self) -> Iterator[Skip]:
        """Everything left out, in the order in which it was found."""
        for place, reason in self._connection.execute("SELECT place, reason FROM skips ORDER BY rowid"):
            yield Skip(place, reason)

    def pending(self) -> Iterator[Text]:
        """The texts to embed, those of equal length together, always in the same order."""
        for row in self._connection.execute("SELECT hash, tokens, text FROM texts ORDER BY tokens, hash"):
            yield Text(*row)

    def entries(self) -> Iterator[Entry]:
        """The incidents of the index by id."""
        reports = "SELECT hash FROM members JOIN reports ON number = report WHERE incident = ? ORDER BY position"
        for row in self._connection.execute("SELECT id, title, date, url FROM incidents ORDER BY id"):
            found = self._connection.execute("SELECT count, vector FROM means WHERE incident = ?", row[:1]).fetchone()
            hashes = tuple(text_hash for (text_hash,) in self._connection.execute(reports, row[:1]))
            mean = (found[0], np.frombuffer(found[1], np.float32)) if found else None
            incident_id, title, date, url = row
            yield Entry(incident_id, title, date, url, hashes, mean)


@contextmanager
def opened(path: Path) -> Iterator[Store]:
    """A store in the file `path`, which is removed afterwards; raises BuildError if SQLite cannot work there."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            # None of this needs to survive: no journal, no waiting for the disk, one transaction.
            connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + SCHEMA)
            yield Store(connection)
    except sqlite3.DatabaseError as error:  # mostly a full disk
        places = f"{path.parent.parent} or in the directory for temporary files (SQLITE_TMPDIR)"
        raise BuildError(f"SQLite cannot work in {places}: {error}; make room there") from None
    finally:
        path.unlink(missing_ok=True)
