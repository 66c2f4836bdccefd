"""Writes the derived files of a run and shows its report."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.cost.traffic import ALL, Traffic
from bench.report.report import Report
from bench.report.spent import spent_usd
from bench.report.views.summary_json import summary_text
from bench.report.views.terminal import print_report, standard_output
from bench.report.views.write import derive
from bench.text.numbers import money

_NEXT = "--traffic 200/h --objective 1000"


def present(directory: Path, as_json: bool, traffics: Sequence[Traffic] = ALL) -> Report:
    """Write the derived files and print the tables, or summary.json; why not to use the figures goes to stderr."""
    report = derive(directory, traffics)
    if as_json:
        sys.stdout.write(summary_text(report))
    else:
        print_report(report, standard_output())
        _end(directory, report)
    for reason in report.untrusted:
        print(f"do not use these figures: {reason}", file=sys.stderr)
    return report


def _end(directory: Path, report: Report) -> None:
    """Say where the report is, what the run cost, and what to do next."""
    print(f"report: {directory / 'report.html'} (as text: {directory / 'report.md'})")
    spent = spent_usd(report)
    if spent is not None:
        print(f"cost: the requests of this run took about {money(spent)} on AWS, by list prices")
    if report.costs and report.costs.variants:
        print("next: which storage answers in time at your own traffic, and what that costs a month:")
        print(f"  .venv/bin/python bench/run.py choose {shlex.quote(str(directory))} {_NEXT}")
