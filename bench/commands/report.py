"""Derive every output of a run again from its results.jsonl, byte for byte."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.commands.traffic import add_traffic_option, traffics_from
from bench.process.errors import EXIT_OK, EXIT_UNSOUND
from bench.report.views.load import derive_load
from bench.report.views.present import present
from bench.runs.store import LOAD


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `report`."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="the folder of a run")
    parser.add_argument("--json", action="store_true", help="print summary.json instead of the tables")
    add_traffic_option(parser)


def execute(options: argparse.Namespace) -> int:
    """Derive and print; the exit code tells whether the figures may be used."""
    if (options.directory / LOAD).exists():
        return EXIT_OK if derive_load(options.directory).is_sound else EXIT_UNSOUND
    report = present(options.directory, options.json, traffics_from(options))
    return EXIT_UNSOUND if report.untrusted else EXIT_OK
