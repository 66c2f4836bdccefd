"""Writes what is derived from a run into its folder, each file complete or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.cost.traffic import ALL, Traffic
from bench.process.errors import StorageError, UnsoundError
from bench.process.say import warn
from bench.report.report import Report, report_of
from bench.report.views.html import html
from bench.report.views.markdown import markdown
from bench.report.views.summary_json import summary_text
from bench.runs.store import RESULTS, read_run


def derive(directory: Path, traffics: Sequence[Traffic] = ALL) -> Report:
    """Derive every output from results.jsonl again, with advice for these traffics.

    Raises UnsoundError when nothing was measured.
    """
    run = read_run(directory)
    if not run.samples:
        raise UnsoundError(f"nothing was measured in {directory}: there is no sample to report")
    report = report_of(run, traffics)
    if run.torn:
        lines = ", ".join(map(str, run.torn))
        warn(f"warning: left out of {directory / RESULTS}, since not JSON (torn by a kill?): line {lines}")
    write(directory / "summary.json", summary_text(report))
    write(directory / "report.md", markdown(report))
    write(directory / "report.html", html(report))
    return report


def write(path: Path, text: str) -> None:
    """Write a derived file, complete or not at all. Raises StorageError."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name for a file, which is renamed when it has been written. Raises StorageError."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")  # two processes may report on the same run
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise StorageError(
            f"cannot write {path}: {error.strerror}; make room or give write access, then do it again"
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
