"""Reads CSV and JSONL tables a row at a time, so that a file of any size takes the same memory."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import IO, Any

from model.base.errors import BuildError

LONGEST = 1 << 24  # characters of a field or a line: 16 MB; AIID's longest report has less than 1 MB

DELIMITERS = (",", ";", "\t", "|")
SEPARATOR = re.compile(r'"?sep=([,;\t|])"?\s*', re.IGNORECASE)  # a first line that tells Excel the delimiter

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
    """Rows of a CSV file; raises BuildError if a column of `columns` is missing or the file is not CSV in UTF-8.

    Columns without a name are left out.
    """
    with _named(name):
        titles, reader, above = _opened(file, name)
        check_columns(titles, name, columns)
        for values in reader:
            line = reader.line_num + above
            if not values:
                continue
            if len(values) < len(titles) or any(values[len(titles) :]):
                yield line, f"has {len(values)} fields, the header has {len(titles)}"
            else:
                yield line, {title: value for title, value in zip(titles, values, strict=False) if title}


def _opened(file: IO[bytes], name: str) -> tuple[list[str], Any, int]:
    """The columns' names, the reader of what is below, and the number of lines above the header."""
    csv.field_size_limit(LONGEST)
    lines = _lines(file, name)
    first, above = next(lines, ""), 0
    while first.isspace():
        first, above = next(lines, ""), above + 1
    told = SEPARATOR.fullmatch(first)
    if told:
        reader = csv.reader(lines, delimiter=told[1])
    else:
        reader = csv.reader(chain([first], lines), delimiter=_delimiter(first))
    titles = [title.strip() for title in next(reader, [])]
    while titles and not titles[-1]:  # Excel writes empty columns at the end
        titles.pop()
    return _lower(titles), reader, above + 1 if told else above


def _delimiter(line: str) -> str:
    """What separates the columns of a header: a comma, unless the header has none and exactly one of the others."""
    able = [delimiter for delimiter in DELIMITERS if len(next(csv.reader([line], delimiter=delimiter), [])) > 1]
    return able[0] if len(able) == 1 else ","


def _lower(titles: list[str]) -> list[str]:
    """The names in lower case, but where two would become one."""
    lower = [title.lower() for title in titles]
    counts = Counter(lower)
    return [small if counts[small] == 1 else title for title, small in zip(titles, lower, strict=True)]


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
    if not isinstance(fields, dict):
        return "is not a JSON object"
    return dict(zip(_lower(list(fields)), fields.values(), strict=True))


def header(file: IO[bytes], name: str) -> list[str]:
    """Names of a CSV file's columns."""
    with _named(name):
        return _opened(file, name)[0]


def check_columns(found: Iterable[str], name: str, wanted: Iterable[str]) -> None:
    """Raise BuildError unless all wanted columns are there, each once."""
    have = Counter(found)
    missing = [column for column in wanted if column not in have]
    if missing:
        has = ", ".join([*have][:20]) or "nothing"
        raise BuildError(f"{name} has no column {', '.join(missing)}; it has {has}")
    twice = sorted(column for column, count in have.items() if column and count > 1)
    if twice:
        raise BuildError(f"{name} has more than one column {', '.join(twice)}")
