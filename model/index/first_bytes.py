"""Tells by a file's first bytes what stands there in place of the table or archive that its name promises."""

from __future__ import annotations

import re
from pathlib import Path

from model.base import git_lfs
from model.base.errors import BuildError

LENGTH = 512  # bytes that are looked at
ARRAY = re.compile(rb"\[\s*(\{|$)")  # an array of objects; a line such as [1] is a wrong line
SAVE = "save the table as CSV in UTF-8"
UNREADABLE = {
    b"\xff\xfe\x00\x00": "is UTF-32: save it as UTF-8",
    b"\xff\xfe": "is UTF-16: save it as UTF-8",
    b"\xfe\xff": "is UTF-16: save it as UTF-8",
    b"\x00\x00\xfe\xff": "is UTF-32: save it as UTF-8",
    b"\x1f\x8b": "is compressed with gzip: unpack it with gunzip",
    b"BZh": "is compressed with bzip2: unpack it with bunzip2",
    b"\xfd7zXZ\x00": "is compressed with xz: unpack it with unxz",
    b"\x28\xb5\x2f\xfd": "is compressed with Zstandard: unpack it with unzstd",
    b"7z\xbc\xaf\x27\x1c": "is a 7-Zip archive: unpack it",
    b"Rar!\x1a\x07": "is a RAR archive: unpack it",
    b"\x04\x22\x4d\x18": "is compressed with LZ4: unpack it with unlz4",
    b"PK\x03\x04": f"is a zip archive or a spreadsheet: name an archive .zip, or {SAVE}",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": f"is a document of older office programs, such as .xls: {SAVE}",
    b"SQLite format 3\x00": f"is an SQLite database: {SAVE}",
    b"PAR1": f"is a Parquet file: {SAVE}",
    b"ARROW1": f"is an Arrow file: {SAVE}",
    b"Obj\x01": f"is an Avro file: {SAVE}",
    b"%PDF-": f"is a PDF: {SAVE}",
    b"{\\rtf": f"is a text of office programs (RTF): {SAVE}",
}
PAGE = re.compile(rb"\s*<(!doctype\s+html|html|\?xml)", re.IGNORECASE)
BINARY = 4  # text in UTF-16, and most of what programs write for themselves, has NUL in more than one of so many bytes


def check_pointer(path: Path) -> None:
    """Raise BuildError if the file is what a clone without Git LFS has in place of a large file."""
    if git_lfs.is_pointer(path):
        raise BuildError(f"{path} is a Git LFS pointer, not the file itself: git lfs pull")


def check_text(path: Path) -> None:
    """Raise BuildError if the file is known not to be text in UTF-8."""
    check_pointer(path)
    start = _start(path)
    for mark, meaning in UNREADABLE.items():
        if start.startswith(mark):
            raise BuildError(f"{path} {meaning}")
    if PAGE.match(start.removeprefix(b"\xef\xbb\xbf")):
        raise BuildError(f"{path} is a web page or XML, not a table: was it downloaded without logging in?")
    if start.count(0) * BINARY > len(start):
        raise BuildError(f"{path} is not text in UTF-8, but UTF-16 or a binary file: {SAVE}")


def is_json(path: Path) -> bool:
    """Whether the file begins as JSON objects, one a line; raises BuildError for one JSON array of all."""
    start = _start(path).removeprefix(b"\xef\xbb\xbf").lstrip()
    if ARRAY.match(start):
        raise BuildError(f"{path} is one JSON array; wanted is one object a line: jq -c '.[]' FILE > FILE.jsonl")
    return start.startswith(b"{")


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LENGTH)
