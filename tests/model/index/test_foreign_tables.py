"""Tables and archives as other programs write them: read where that is safe, else refused in one sentence."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from model.base.errors import BuildError
from model.bundles import incidents
from model.index import sources
from model.index.containers import Meter
from model.index.records import Incident, Record, Report

SNAPSHOT = {
    "incidents.csv": 'incident_id,title,date,reports\n4,Crane,2021-05-06,"[8]"\n',
    "reports.csv": "report_number,text\n8,a crane fell\n",
}


def read(path: Path) -> list[Record]:
    return list(sources.read(sources.detect(path), 3, Meter()))


def zipped(path: Path, prefix: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in SNAPSHOT.items():
            archive.writestr(prefix + name, text)
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("semicolons.csv", "id;title;text\n4;Crane;a crane, fell\n"),
        ("tabs.tsv", "id\ttitle\ttext\n4\tCrane\ta crane, fell\n"),
        ("told.csv", 'sep=;\r\nid;title;text\r\n4;Crane;"a crane, fell"\r\n'),
        ("upper.csv", 'ID,Title,TEXT\n4,Crane,"a crane, fell"\n'),
        ("empty.csv", 'id,title,text,,,\n4,Crane,"a crane, fell",,,\n'),
        ("short.csv", 'id,title,text,,\n4,Crane,"a crane, fell"\n'),
        ("unnamed.csv", ',id,,title,text\n0,4,x,Crane,"a crane, fell"\n'),
        ("bom.tsv", "\ufeffid\ttitle\ttext\n4\tCrane\ta crane, fell\n"),
        ("objects.json", '{"id": 4, "title": "Crane", "text": "a crane, fell"}\n'),
    ],
)
def test_tables_of_other_programs_are_read(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_bytes(text.encode())
    incident, report = read(tmp_path / name)
    assert isinstance(incident, Incident)
    assert (incident.incident_id, incident.title) == (4, "Crane")
    assert report == Report(4, "a crane, fell")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.json", b'[{"id": 4}]', "is one JSON array; wanted is one object a line"),
        ("a.jsonl", b'\xef\xbb\xbf\n [{"id": 4}]', "is one JSON array"),
        ("t.csv", "id,text\n".encode("utf-16"), "is UTF-16: save it as UTF-8"),
        ("t.csv.gz", gzip.compress(b"id,text\n", mtime=0), "is compressed with gzip"),
        ("t.csv", b"PK\x03\x04", "is a zip archive or a spreadsheet"),
        ("s.zip", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a Git LFS pointer.*git lfs pull"),
        ("t.csv", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is a Git LFS pointer"),
        ("t.csv", b"id;title,text\n", "has the columns id;title, text; wanted is"),
        ("t.csv", b"id,title,text,Text,TEXT,text\n", "more than one column text"),
    ],
)
def test_what_is_not_such_a_table_is_named(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BuildError, match=why):
        read(tmp_path / name)


def test_a_sample_that_is_an_array_or_a_pointer_is_named(tmp_path: Path) -> None:
    path = tmp_path / "i.jsonl"
    path.write_text("[\n{}]")
    with pytest.raises(BuildError, match="is one JSON array"):
        incidents.read(path)
    path.write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(BuildError, match="is a Git LFS pointer"):
        incidents.read(path)


def test_a_line_that_tells_the_separator_counts_as_a_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("sep=;\nid;title;text\n4;Crane\n")
    assert "line 3" in str(read(path)[0])


def test_a_zip_with_backslashes_is_read(tmp_path: Path) -> None:
    assert len(read(zipped(tmp_path / "s.zip", "export\\today\\"))) == 2


def test_a_zip_of_an_unknown_method_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = zipped(tmp_path / "s.zip", "")
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        place = data.index(signature)
        struct.pack_into("<H", data, place + offset, 97)
    path.write_bytes(data)
    with pytest.raises(BuildError, match="is packed in a way that Python cannot read"):
        read(path)


@pytest.mark.parametrize("outer", ["s.zip", "s.tar"])
def test_an_archive_in_an_archive_is_named(tmp_path: Path, outer: str) -> None:
    inner = zipped(tmp_path / "inner.zip", "").read_bytes()
    if outer == "s.zip":
        with zipfile.ZipFile(tmp_path / outer, "w") as archive:
            archive.writestr("x/inner.zip", inner)
    else:
        with tarfile.open(tmp_path / outer, "w") as tar:
            member = tarfile.TarInfo("x/inner.zip")
            member.size = len(inner)
            tar.addfile(member, io.BytesIO(inner))
    with pytest.raises(BuildError, match=r"holds another archive, inner\.zip"):
        read(tmp_path / outer)
