"""Derive every output of a run again from its results.jsonl, byte for byte."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from bench.commands.load import present_load
from bench.process.errors import EXIT_OK, EXIT_UNSOUND
from bench.report.terminal import print_summary, standard_output
from bench.report.write import derive
from bench.runs.loads import LOAD


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `report`."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="the folder of a run")
    parser.add_argument("--json", action="store_true", help="print summary.json instead of the tables")


def execute(options: argparse.Namespace) -> int:
    """Derive, print, and say by the exit code whether the figures may be used."""
    if (options.directory / LOAD).exists():
        return present_load(options.directory)
    return present(options.directory, options.json)


def present(directory: Path, as_json: bool) -> int:
    """Write the derived files of a run and show its summary."""
    summary = derive(directory)
    if as_json:
        json.dump(summary, sys.stdout, indent=2)
        print()
    else:
        print_summary(summary, standard_output())
        print(f"report: {directory / 'report.md'}")
    for reason in summary["untrusted"]:
        print(f"do not use these figures: {reason}", file=sys.stderr)
    return EXIT_UNSOUND if summary["untrusted"] else EXIT_OK
