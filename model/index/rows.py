"""Reads CSV and JSONL tables a row at a time, so that a file of any size takes the same memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

from model.base.errors import BuildError

LONGEST = 1 << 24  # characters of a field or a line: 16 MB; AIID's longest report has less than 1 MB

Row = tuple[int, Mapping[str, Any] | str]
"""Line number, and the row's fields by name or the reason why it cannot be used."""


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Turn errors of the whole file into BuildErrors that name it."""
    try:
        yield
    except UnicodeError as error:
        raise BuildError(f"{name} is not UTF-8: {error}") from None
    except csv.Error as error:
        raise BuildError(f"{name} is not a CSV file ({error}); is a quotation mark left open?") from None


def _lines(file: IO[bytes], name: str) -> Iterator[str]:
    """Lines with their ends, as the CSV reader needs them; none may be longer than LONGEST."""
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    while line := text.readline(LONGEST):
        if len(line) == LONGEST and not line.endswith(("\n", "\r")):
            raise BuildError(f"{name} has a line of more than {LONGEST:,} characters: it is not a table")
        yield line


def read_csv(file: IO[bytes], name: str, columns: Iterable[str]) -> Iterator[Row]:
    """Rows of a CSV file; raises BuildError if a column of `columns` is missing or the file is not CSV in UTF-8."""
    csv.field_size_limit(LONGEST)
    with _named(name):
        reader = csv.reader(_lines(file, name))
        header = [title.strip() for title in next(reader, [])]
        check_columns(header, name, columns)
        for values in reader:
            if not values:
                continue
            if len(values) != len(header):
                yield reader.line_num, f"has {len(values)} fields, the header has {len(header)}"
            else:
                yield reader.line_num, dict(zip(header, values, strict=True))


def read_jsonl(file: IO[bytes], name: str) -> Iterator[Row]:
    """Objects of a JSONL file, one a line; raises BuildError if it is not UTF-8."""
    with _named(name):
        lines = io.TextIOWrapper(file, "utf-8-sig", newline="\n")
        line_number = 0
        while line := lines.readline(LONGEST):
            line_number += 1
            if len(line) == LONGEST and not line.endswith("\n"):
                raise BuildError(f"{name} has a line of more than {LONGEST:,} characters: it is not JSONL")
            if line.strip():
                yield line_number, _object(line)


def _object(line: str) -> Mapping[str, Any] | str:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"is not JSON ({error})"
    return fields if isinstance(fields, dict) else "is not a JSON object"


def header(file: IO[bytes], name: str) -> list[str]:
    """Names of a CSV file's columns."""
    csv.field_size_limit(LONGEST)
    with _named(name):
        return [title.strip() for title in next(csv.reader(_lines(file, name)), [])]


def check_columns(found: Iterable[str], name: str, wanted: Iterable[str]) -> None:
    """Raise BuildError unless all wanted columns are there, each once."""
    have = list(found)
    missing = [column for column in wanted if column not in have]
    if missing:
        has = ", ".join(have[:20]) or "nothing"
        raise BuildError(f"{name} has no column {', '.join(missing)}; it has {has}")
    twice = sorted({column for column in have if have.count(column) > 1})
    if twice:
        raise BuildError(f"{name} has more than one column {', '.join(twice)}")
