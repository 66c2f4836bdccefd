"""Set two runs side by side, or a prediction and the run that it was made for; refuse what is not alike enough."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.commands.ranges import positive
from bench.process.errors import EXIT_NOT_MET, EXIT_OK, EXIT_UNSOUND, UsageError
from bench.report.compare_runs import Change, changes, changes_table
from bench.report.predictions.file import read_prediction
from bench.report.predictions.score import Score, scores, scores_table, summary
from bench.report.report import report_of
from bench.report.rounding import ends, finite
from bench.report.trust import warnings
from bench.report.views.terminal import print_table, print_warnings, standard_output
from bench.runs.conditions import differences_in_kind
from bench.runs.store import read_run


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `compare`."""
    parser.add_argument("a", type=Path, metavar="A", help="the folder of a run, or a prediction (the file)")
    parser.add_argument("b", type=Path, metavar="B", help="the folder of another")
    parser.add_argument("--anyway", action="store_true", help="compare even lab with AWS, or different bundles")
    parser.add_argument("--fail-above", type=positive, metavar="RATIO",
                        help="exit code 1 if B is shown to be slower than A by more than this factor")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")


def execute(options: argparse.Namespace) -> int:
    """Print what changed from A to B, or how B scores the prediction A.

    Exit code 4 if a run's figures must not be used, else 1 by --fail-above, or where a time that was predicted lies
    outside its interval.
    """
    if not options.a.is_file():
        return _compare_runs(options)
    if options.anyway or options.fail_above:
        raise UsageError("--anyway and --fail-above are for two runs: a prediction fits to a run, or it does not")
    return _score(options)


def _compare_runs(options: argparse.Namespace) -> int:
    runs = read_run(options.a), read_run(options.b)
    reasons = differences_in_kind(*(run.first for run in runs))
    if reasons and not options.anyway:
        raise UsageError(f"not like for like: {'; '.join(reasons)}. Compare them all the same with --anyway")
    a, b = map(report_of, runs)
    found = changes(a, b)
    untrusted = [f"{name}: {reason}" for name, report in (("A", a), ("B", b)) for reason in report.untrusted]
    if options.json:
        shown = {"untrusted": untrusted, "differences": reasons, "changes": [_change(change) for change in found]}
        print(json.dumps(shown, indent=2))
    else:
        console = standard_output()
        print_warnings([*warnings(untrusted), *(f"Not like for like: {reason}." for reason in reasons)], console)
        print_table(changes_table(found, str(options.a), str(options.b)), console)
    if untrusted:
        return EXIT_UNSOUND
    worse = options.fail_above and any(change.is_worse_by(options.fail_above) for change in found)
    return EXIT_NOT_MET if worse else EXIT_OK


def _score(options: argparse.Namespace) -> int:
    prediction, report = read_prediction(options.a), report_of(read_run(options.b))
    found = scores(prediction, report)
    if options.json:
        print(json.dumps({"untrusted": report.untrusted, "scores": [_scored(score) for score in found]}, indent=2))
    else:
        console = standard_output()
        print_warnings(report.meta.notes, console)
        print_table(scores_table(found, str(options.b)), console)
        console.print(summary(found), style="bold")
    if report.untrusted:
        return EXIT_UNSOUND
    return EXIT_OK if all(score.covered for score in found if score.is_time) else EXIT_NOT_MET


def _change(change: Change) -> dict[str, Any]:
    return {
        "variant": change.variant.label, "state": change.state, "a_p50_ms": finite(change.a_ms),
        "b_p50_ms": finite(change.b_ms), "n": change.n, "visits": change.visits,
        "answered_shares": change.answered, "ratio_interval": ends(change.interval, 5),
        "resolved": change.resolved,
    }  # fmt: skip


def _scored(score: Score) -> dict[str, Any]:
    return {
        **asdict(score.predicted.case), "kind": score.predicted.kind, "what": score.what, "unit": score.unit,
        "predicted": asdict(score.likely), "measured": finite(score.measured), "n": score.n,
        "ratio": finite(score.ratio, 4), "covered": score.covered, "parameter": score.parameter,
    }  # fmt: skip
