"""Set two runs side by side; refuses runs that are no like for like."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

from rich.table import Table

from bench.errors import EXIT_OK, UsageError
from bench.records.store import read_run
from bench.report.against import Change, changes, differences_in_kind
from bench.report.figures import ends, finite
from bench.report.terminal import standard_output
from bench.report.words import ms


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `compare`."""
    parser.add_argument("a", type=Path, metavar="A", help="the folder of a run")
    parser.add_argument("b", type=Path, metavar="B", help="the folder of another")
    parser.add_argument("--anyway", action="store_true", help="compare even lab with AWS, or different bundles")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")


def execute(options: argparse.Namespace) -> int:
    """Print what changed from A to B."""
    a, b = read_run(options.a), read_run(options.b)
    reasons = differences_in_kind(a, b)
    if reasons and not options.anyway:
        raise UsageError(f"not like for like: {'; '.join(reasons)}. Compare them all the same with --anyway")
    found = changes(a, b)
    if options.json:
        print(json.dumps({"differences": reasons, "changes": [_as_json(change) for change in found]}, indent=2))
        return EXIT_OK
    console = standard_output()
    table = Table(title=f"{options.a} (A) against {options.b} (B): medians in ms")
    for name in ("variant", "state", "A", "B", "n", "B / A", "interval", "verdict"):
        table.add_column(name, justify="left" if name in ("variant", "state", "verdict") else "right")
    for change in found:
        table.add_row(*_row(change))
    console.print(table)
    for reason in reasons:
        console.print(f"! not like for like: {reason}", style="yellow", highlight=False)
    return EXIT_OK


def _row(change: Change) -> tuple[str, ...]:
    ratio = change.b_ms / change.a_ms if math.isfinite(change.a_ms) else math.nan
    interval = change.interval
    verdict = ("B is slower" if ratio > 1 else "B is faster") if change.resolved else "not resolved"
    return (
        change.variant.label, change.state, ms(finite(change.a_ms)), ms(finite(change.b_ms)),
        f"{change.n[0]}, {change.n[1]}", "-" if math.isnan(ratio) else f"{ratio:.3f}",
        f"{interval.low:.3f}-{interval.high:.3f}" if interval else "-", verdict,
    )  # fmt: skip


def _as_json(change: Change) -> dict[str, object]:
    return {
        "variant": change.variant.label, "state": change.state, "a_p50_ms": finite(change.a_ms),
        "b_p50_ms": finite(change.b_ms), "n": change.n, "ratio_interval": ends(change.interval, 5),
        "resolved": change.resolved,
    }  # fmt: skip
