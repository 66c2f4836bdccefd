"""Set two runs side by side; refuses runs that are no like for like."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from bench.commands.ranges import positive
from bench.process.errors import EXIT_NOT_MET, EXIT_OK, EXIT_UNSOUND, UsageError
from bench.report.compare_runs import Change, changes, differences_in_kind
from bench.report.formats import ms, percent
from bench.report.rounding import ends, finite
from bench.report.summary import summarise
from bench.report.terminal import standard_output
from bench.report.trust import warnings
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
    """Print what changed from A to B. Exit code 4 if the figures of either must not be used, else 1 by --fail-above."""
    a, b = read_run(options.a), read_run(options.b)
    reasons = differences_in_kind(a, b)
    if reasons and not options.anyway:
        raise UsageError(f"not like for like: {'; '.join(reasons)}. Compare them all the same with --anyway")
    found = changes(a, b)
    untrusted = [f"{name}: {reason}" for name, run in (("A", a), ("B", b)) for reason in summarise(run)["untrusted"]]
    if options.json:
        shown = {"untrusted": untrusted, "differences": reasons, "changes": [_as_json(change) for change in found]}
        print(json.dumps(shown, indent=2))
    else:
        _print(options, found, [*warnings(untrusted), *(f"Not like for like: {reason}." for reason in reasons)])
    if untrusted:
        return EXIT_UNSOUND
    return (
        EXIT_NOT_MET if options.fail_above and any(_worse(change, options.fail_above) for change in found) else EXIT_OK
    )


def _worse(change: Change, ratio: float) -> bool:
    """Whether the whole interval lies above the ratio."""
    return change.interval is not None and change.interval.low > ratio


def _print(options: argparse.Namespace, found: Sequence[Change], notes: Sequence[str]) -> None:
    console = standard_output()
    for note in notes:
        console.print(f"! {note}", style="yellow", highlight=False, markup=False)
    table = Table(title=f"{options.a} (A) against {options.b} (B): medians of answered requests in ms")
    for name in ("variant", "state", "A", "B", "n", "visits", "answered", "B / A", "interval", "verdict"):
        table.add_column(name, justify="left" if name in ("variant", "state", "verdict") else "right")
    for change in found:
        table.add_row(*_row(change))
    console.print(table)


def _row(change: Change) -> tuple[str, ...]:
    ratio = change.b_ms / change.a_ms if math.isfinite(change.a_ms) else math.nan
    interval = change.interval
    verdict = ("B is slower" if ratio > 1 else "B is faster") if change.resolved else "not resolved"
    return (
        change.variant.label, change.state, ms(finite(change.a_ms)), ms(finite(change.b_ms)),
        f"{change.n[0]}, {change.n[1]}", f"{change.visits[0]}, {change.visits[1]}",
        f"{percent(change.answered[0])}, {percent(change.answered[1])}", "-" if math.isnan(ratio) else f"{ratio:.3f}",
        f"{interval.low:.3f}-{interval.high:.3f}" if interval else "-", verdict,
    )  # fmt: skip


def _as_json(change: Change) -> dict[str, object]:
    return {
        "variant": change.variant.label, "state": change.state, "a_p50_ms": finite(change.a_ms),
        "b_p50_ms": finite(change.b_ms), "n": change.n, "visits": change.visits,
        "answered_shares": change.answered, "ratio_interval": ends(change.interval, 5),
        "resolved": change.resolved,
    }  # fmt: skip
