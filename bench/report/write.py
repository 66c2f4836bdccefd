"""Writes what is derived from a run into its folder, each file complete or not at all."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.process.errors import StorageError, UnsoundError
from bench.process.say import warn
from bench.report.html import html
from bench.report.markdown import markdown
from bench.report.summary import summarise
from bench.runs.judge import judge_run
from bench.runs.store import RESULTS, read_run


def derive(directory: Path) -> dict[str, Any]:
    """Derive every output from results.jsonl again. Raises UnsoundError when nothing was measured."""
    run = read_run(directory)
    if not run.samples:
        raise UnsoundError(f"nothing was measured in {directory}: there is no sample to report")
    summary = summarise(run)
    if run.torn:
        lines = ", ".join(map(str, run.torn))
        warn(f"warning: left out of {directory / RESULTS}, since not JSON (torn by a kill?): line {lines}")
    write(directory / "summary.json", json.dumps(summary, indent=2, allow_nan=False) + "\n")
    write(directory / "report.md", markdown(summary))
    write(directory / "report.html", html(judge_run(run), run.first.axes.variants(), summary))
    return summary


def write(path: Path, text: str) -> None:
    """Write a derived file to a temporary name and rename it. Raises StorageError."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")  # two may report on the same run
    try:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
        os.replace(temporary, path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise StorageError(
            f"cannot write {path}: {error.strerror}; make room or give write access, then run `report`"
        ) from error
