"""Tables and archives as other programs write them: read where that is safe, else refused in one sentence."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from model.base.errors import BuildError
from model.bundles import incidents
from tests.model.support.foreign_tables import CRANE, READ, REFUSED, found, read

SNAPSHOT = {
    "incidents.csv": 'incident_id,title,date,reports\n4,Crane,2021-05-06,"[8]"\n',
    "reports.csv": "report_number,text\n8,a crane fell\n",
}


def zipped(path: Path, prefix: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in SNAPSHOT.items():
            archive.writestr(prefix + name, text)
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    READ,
)
def test_tables_of_other_programs_are_read(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_bytes(text.encode())
    assert found(tmp_path / name) == CRANE


@pytest.mark.parametrize(
    ("name", "content", "why"),
    REFUSED,
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


@pytest.mark.parametrize("packed", ["s.zip", "s.tar"])
def test_what_macos_adds_to_an_archive_does_not_count(tmp_path: Path, packed: str) -> None:
    files = {**{f"__MACOSX/s/{name}": "\0\5" for name in SNAPSHOT}, **{f"s/{n}": t for n, t in SNAPSHOT.items()}}
    if packed == "s.zip":
        with zipfile.ZipFile(tmp_path / packed, "w") as archive:
            for name, text in files.items():
                archive.writestr(name, text)
    else:
        with tarfile.open(tmp_path / packed, "w") as tar:
            for name, text in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(text)
                tar.addfile(member, io.BytesIO(text.encode()))
    assert len(read(tmp_path / packed)) == 2


def test_a_header_of_very_many_columns_takes_no_time(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    path.write_text(",".join(["id", "title", "text", *map(str, range(200_000))]) + "\n1,a,b\n")
    assert "has 3 fields" in str(read(path)[0])


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
