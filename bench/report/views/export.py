"""Writes the samples of a run as CSV or as Parquet, the whole file or none."""

from __future__ import annotations

import csv
import importlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.process.errors import UsageError
from bench.report.samples_table import COLUMNS, Value
from bench.report.views.write import replacing
from bench.runs.judge import Judged

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
REQUIREMENTS = "requirements-parquet.txt"


def export(judged: Sequence[Judged], path: Path) -> None:
    """Write them in the format that the file's name ends in.

    Raises UsageError for another end, and for Parquet without its library.
    """
    write = FORMATS.get(path.suffix)
    if write is None:
        raise UsageError(f"{path}: end the name in {' or '.join(FORMATS)}, which says the format")
    write(judged, path)


def _csv(judged: Sequence[Judged], path: Path) -> None:
    """RFC 4180 with a header; true and false in words, an empty cell where there is no value."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(column.name for column in COLUMNS)
        writer.writerows([_cell(column.value(item)) for column in COLUMNS] for item in judged)


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"  # or a spreadsheet would compute what a service said
    return str(value)


def _parquet(judged: Sequence[Judged], path: Path) -> None:
    try:
        arrow, parquet = (importlib.import_module(name) for name in ("pyarrow", "pyarrow.parquet"))
    except ImportError as error:
        how = f".venv/bin/python -m pip install -r {REQUIREMENTS}"
        raise UsageError(f"Parquet needs pyarrow, which is not installed: {how}. CSV needs nothing") from error
    types: Mapping[type, Any] = {
        str: arrow.string(), int: arrow.int64(), float: arrow.float64(), bool: arrow.bool_(),
    }  # fmt: skip
    columns = [arrow.array([column.value(item) for item in judged], types[column.type_]) for column in COLUMNS]
    table = arrow.Table.from_arrays(columns, names=[column.name for column in COLUMNS])
    with replacing(path) as temporary:
        parquet.write_table(table, temporary)


FORMATS: Mapping[str, Callable[[Sequence[Judged], Path], None]] = {".csv": _csv, ".parquet": _parquet}
