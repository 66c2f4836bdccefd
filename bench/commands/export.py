"""Write every sample of a run, as judged, into a CSV or Parquet file."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.process.errors import EXIT_OK, UsageError
from bench.process.say import say
from bench.report.views.export import export
from bench.runs.judge import judge_run
from bench.runs.store import read_run


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `export`."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="the folder of a run")
    parser.add_argument("file", type=Path, metavar="FILE", help="what to write: its name ends in .csv or .parquet")


def execute(options: argparse.Namespace) -> int:
    """Judge the run and write its samples."""
    if not options.file.parent.is_dir():
        raise UsageError(f"{options.file.parent} is not a folder; make it first")
    judged = judge_run(read_run(options.directory))
    export(judged, options.file)
    say(f"{len(judged)} samples: {options.file}")
    return EXIT_OK
