"""Set two runs side by side; refuse runs that are not alike enough to compare."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from bench.commands.ranges import positive
from bench.process.errors import EXIT_NOT_MET, EXIT_OK, EXIT_UNSOUND, UsageError
from bench.report.compare_runs import Change, changes, changes_table
from bench.report.report import report_of
from bench.report.rounding import ends, finite
from bench.report.trust import warnings
from bench.report.views.terminal import print_table, print_warnings, standard_output
from bench.runs.conditions import differences_in_kind
from bench.runs.store import read_run


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `compare`."""
    parser.add_argument("a", type=Path, metavar="A", help="the folder of a run")
    parser.add_argument("b", type=Path, metavar="B", help="the folder of another")
    parser.add_argument("--anyway", action="store_true", help="compare even lab with AWS, or different bundles")
    parser.add_argument("--fail-above", type=positive, metavar="RATIO",
                        help="exit code 1 if B is shown to be slower than A by more than this factor")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")


def execute(options: argparse.Namespace) -> int:
    """Print what changed from A to B. Exit code 4 if either run's figures must not be used, else 1 by --fail-above."""
    runs = read_run(options.a), read_run(options.b)
    reasons = differences_in_kind(*(run.first for run in runs))
    if reasons and not options.anyway:
        raise UsageError(f"not like for like: {'; '.join(reasons)}. Compare them all the same with --anyway")
    a, b = map(report_of, runs)
    found = changes(a, b)
    untrusted = [f"{name}: {reason}" for name, report in (("A", a), ("B", b)) for reason in report.untrusted]
    if options.json:
        shown = {"untrusted": untrusted, "differences": reasons, "changes": [_as_json(change) for change in found]}
        print(json.dumps(shown, indent=2))
    else:
        console = standard_output()
        print_warnings([*warnings(untrusted), *(f"Not like for like: {reason}." for reason in reasons)], console)
        print_table(changes_table(found, str(options.a), str(options.b)), console)
    if untrusted:
        return EXIT_UNSOUND
    worse = options.fail_above and any(change.is_worse_by(options.fail_above) for change in found)
    return EXIT_NOT_MET if worse else EXIT_OK


def _as_json(change: Change) -> dict[str, Any]:
    return {
        "variant": change.variant.label, "state": change.state, "a_p50_ms": finite(change.a_ms),
        "b_p50_ms": finite(change.b_ms), "n": change.n, "visits": change.visits,
        "answered_shares": change.answered, "ratio_interval": ends(change.interval, 5),
        "resolved": change.resolved,
    }  # fmt: skip
