"""Writes the derived files of a run and shows its report."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from bench.cost.traffic import ALL, Traffic
from bench.report.report import Report
from bench.report.views.summary_json import summary_text
from bench.report.views.terminal import print_report, standard_output
from bench.report.views.write import derive


def present(directory: Path, as_json: bool, traffics: Sequence[Traffic] = ALL) -> Report:
    """Write the derived files and print the tables, or summary.json; why not to use the figures goes to stderr."""
    report = derive(directory, traffics)
    if as_json:
        sys.stdout.write(summary_text(report))
    else:
        print_report(report, standard_output())
        print(f"report: {directory / 'report.md'}")
    for reason in report.untrusted:
        print(f"do not use these figures: {reason}", file=sys.stderr)
    return report
