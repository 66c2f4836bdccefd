"""Derive every output of a run again from its results.jsonl, byte for byte."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.process.errors import EXIT_OK, EXIT_UNSOUND
from bench.report.views.load import derive_load
from bench.report.views.present import present
from bench.runs.loads import LOAD


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `report`."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="the folder of a run")
    parser.add_argument("--json", action="store_true", help="print summary.json instead of the tables")


def execute(options: argparse.Namespace) -> int:
    """Derive and print; the exit code tells whether the figures may be used."""
    if (options.directory / LOAD).exists():
        return EXIT_OK if derive_load(options.directory).is_sound else EXIT_UNSOUND
    return EXIT_UNSOUND if present(options.directory, options.json).untrusted else EXIT_OK
