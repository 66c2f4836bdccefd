"""Tables as other programs write them: those that are read, and those that are refused, by which words."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
from pathlib import Path

from model.index import sources
from model.index.containers import Meter
from model.index.records import Incident, Record, Report

READ = [
    ("semicolons.csv", "id;title;text\n4;Crane;a crane, fell\n"),
    ("tabs.tsv", "id\ttitle\ttext\n4\tCrane\ta crane, fell\n"),
    ("told.csv", 'sep=;\r\nid;title;text\r\n4;Crane;"a crane, fell"\r\n'),
    ("upper.csv", 'ID,Title,TEXT\n4,Crane,"a crane, fell"\n'),
    ("empty.csv", 'id,title,text,,,\n4,Crane,"a crane, fell",,,\n'),
    ("short.csv", 'id,title,text,,\n4,Crane,"a crane, fell"\n'),
    ("unnamed.csv", ',id,,title,text\n0,4,x,Crane,"a crane, fell"\n'),
    ("bom.tsv", "\ufeffid\ttitle\ttext\n4\tCrane\ta crane, fell\n"),
    ("bars.csv", "id|title|text\n4|Crane|a crane, fell\n"),
    ("told bars.csv", "sep=|\nid|title|text\n4|Crane|a crane, fell\n"),
    ("blank lines first.csv", '\n \r\nid,title,text\n4,Crane,"a crane, fell"\n'),
    ("upper.jsonl", '{"ID": 4, "Title": "Crane", "TEXT": "a crane, fell"}\n'),
    ("objects.json", '{"id": 4, "title": "Crane", "text": "a crane, fell"}\n'),
]
"""Names and contents of tables that hold one incident, CRANE."""
CRANE = (4, "Crane", "a crane, fell")
REFUSED = [
    ("a.json", b'[{"id": 4}]', "is one JSON array; wanted is one object a line"),
    ("a.jsonl", b'\xef\xbb\xbf\n [{"id": 4}]', "is one JSON array"),
    ("t.csv", "id,text\n".encode("utf-16"), "is UTF-16: save it as UTF-8"),
    ("t.csv.gz", gzip.compress(b"id,text\n", mtime=0), "is compressed with gzip"),
    ("t.csv", b"PK\x03\x04", "is a zip archive or a spreadsheet"),
    ("s.zip", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a Git LFS pointer.*git lfs pull"),
    ("t.csv", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a Git LFS pointer"),
    ("t.csv", "id,text\n".encode("utf-16-le"), "is not text in UTF-8, but UTF-16 or a binary file"),
    ("t.csv", "id,text\n".encode("utf-16-be"), "is not text in UTF-8, but UTF-16 or a binary file"),
    ("t.jsonl", '{"id": 4}\n'.encode("utf-16-be"), "is not text in UTF-8, but UTF-16 or a binary file"),
    ("t.csv", codecs.BOM_UTF32_LE, "is UTF-32"),
    ("t.csv", bytes(100), "is not text in UTF-8, but UTF-16 or a binary file"),
    ("t.csv", bz2.compress(b"id,text\n"), "is compressed with bzip2"),
    ("t.csv", lzma.compress(b"id,text\n"), "is compressed with xz"),
    ("t.rar", b"Rar!\x1a\x07\x01\x00", "is a RAR archive"),
    ("t.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is a document of older office programs"),
    ("t.pdf", b"%PDF-1.7\n", "is a PDF: save the table as CSV"),
    ("t.csv", b"\n<!doctype HTML>\n<title>Sign in</title>", "is a web page or XML, not a table"),
    ("t.csv", b'<?xml version="1.0"?>', "is a web page or XML, not a table"),
    ("t.csv", b"id;title,text\n", "has the columns id;title, text; wanted is"),
    ("t.csv", b"id,title,text,Text,TEXT,text\n", "more than one column text"),
]
"""Names and contents of what is not such a table, and the words that say so (a regular expression)."""


def read(path: Path) -> list[Record]:
    """All records of a source."""
    return list(sources.read(sources.detect(path), 3, Meter()))


def found(path: Path) -> tuple[int, str, str]:
    """Number, title and text of the one incident of a table."""
    incident, report = read(path)
    assert isinstance(incident, Incident)
    assert isinstance(report, Report)
    return incident.incident_id, incident.title, report.text
