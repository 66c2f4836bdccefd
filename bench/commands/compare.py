"""Set two runs side by side, or a prediction and the run that it was made for; refuse what is not alike enough."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.commands.options import add_html_option
from bench.commands.ranges import margin
from bench.process.errors import EXIT_NOT_MET, EXIT_OK, EXIT_UNSOUND, StorageError, UsageError
from bench.process.listed import some_of
from bench.report.compare_runs import Change, agreements, changes, changes_table
from bench.report.figures.changes import figure as changes_figure
from bench.report.figures.figure import Figure
from bench.report.gate import Check, Limits, checks, checks_table, verdict
from bench.report.predictions.file import read_prediction
from bench.report.predictions.score import Score, scores, scores_table, summary
from bench.report.report import report_of
from bench.report.rounding import ends, finite
from bench.report.table import Table
from bench.report.trust import warnings
from bench.report.views.answer import Answer, answer_html
from bench.report.views.junit import junit
from bench.report.views.markdown import bullets, section
from bench.report.views.terminal import print_table, print_warnings, standard_output
from bench.report.views.write import write
from bench.runs.conditions import ALLOWED, differences_in_kind
from bench.runs.store import is_results, read_run

SUMMARY = "GITHUB_STEP_SUMMARY"
"""The variable in which GitHub Actions names the file of a job's summary."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `compare`."""
    add = parser.add_argument
    add(
        "a",
        type=Path,
        metavar="A",
        help="a run: its folder, or a copy of its results.jsonl; or a prediction (the file)",
    )
    add("b", type=Path, metavar="B", help="another run")
    add("--allow", type=some_of(tuple(ALLOWED), "difference"), default=(), metavar="WHAT,WHAT",
        help=f"compare although these differ: {', '.join(ALLOWED)}")  # fmt: skip
    add("--anyway", action="store_true", help="compare whatever differs, even lab with AWS")
    add("--fail-above", type=margin, metavar="5%",
        help="exit code 1 if B is shown to be slower by more than this (lower end of the interval)")  # fmt: skip
    add("--require-within", type=margin, metavar="5%",
        help="exit code 1 unless B is shown to be slower by less than this (upper end)")  # fmt: skip
    add("--junit", type=Path, metavar="FILE", help="write the checks of the gate as JUnit XML")
    add("--github", action="store_true", help=f"add the comparison to the job's summary ({SUMMARY})")
    add_html_option(parser)
    add("--json", action="store_true", help="print JSON instead of the tables")


def execute(options: argparse.Namespace) -> int:
    """Print what changed from A to B, or how B scores the prediction A.

    Exit code 4 if a run's figures must not be used, else 1 by --fail-above or --require-within, or where a time that
    was predicted lies outside its interval.
    """
    limits = Limits(options.fail_above, options.require_within)
    if options.a.is_file() and not is_results(options.a):
        if options.anyway or options.allow or limits or options.junit or options.github:
            raise UsageError("a prediction fits to a run, or it does not: the only options are --html and --json")
        return _score(options)
    if options.junit and not limits:
        raise UsageError("--junit writes the checks of a gate: set one with --fail-above or --require-within")
    if options.github and not os.environ.get(SUMMARY):
        raise UsageError(f"--github needs the variable {SUMMARY}, which GitHub Actions sets")
    return _compare_runs(options, limits)


def _compare_runs(options: argparse.Namespace, limits: Limits) -> int:
    runs = read_run(options.a), read_run(options.b)
    first, second = (run.first for run in runs)
    if not options.anyway and (refused := differences_in_kind(first, second, options.allow)):
        raise UsageError(f"not like for like: {'; '.join(refused)}. Allow single differences with --allow, or --anyway")
    a, b = map(report_of, runs)
    found = changes(a, b)
    gate, agreed = checks(found, limits) if limits else (), agreements(a, b)
    untrusted = [f"{name}: {reason}" for name, report in (("A", a), ("B", b)) for reason in report.untrusted]
    notes = [*warnings(untrusted), *(f"Not like for like: {each}." for each in differences_in_kind(first, second))]
    notes += [each.sentence for each in agreed]
    tables = [changes_table(found, str(options.a), str(options.b)), *([checks_table(gate)] if gate else [])]
    if options.junit:
        write(options.junit, junit(gate, f"{options.a} against {options.b}", second.utc, b.meta.target.kind or ""))
    if options.github:
        _add_to_summary(Path(os.environ[SUMMARY]), notes, gate, tables)
    if options.html:
        write(options.html, _page(notes, gate, tables, changes_figure(found.changes)))
    if options.json:
        shown = {
            "untrusted": untrusted, "differences": differences_in_kind(first, second),
            "precisions": [asdict(each) for each in agreed],
            "changes": [_change(change) for change in found.changes], "only_in_a": found.only_in_a,
            "only_in_b": found.only_in_b, "gate": [asdict(check) | {"b_ms": finite(check.b_ms)} for check in gate],
        }  # fmt: skip
        print(json.dumps(shown, indent=2))
    else:
        _print(notes, gate, tables)
    if untrusted:
        return EXIT_UNSOUND
    return EXIT_NOT_MET if any(check.problem for check in gate) else EXIT_OK


def _page(notes: list[str], gate: tuple[Check, ...], tables: list[Table], changed: Figure | None) -> str:
    said = [verdict(gate)] if gate else []
    return answer_html(Answer("Two runs", tables[0].title, notes, said, tables, [changed] if changed else []))


def _print(notes: list[str], gate: tuple[Check, ...], tables: list[Table]) -> None:
    console = standard_output()
    print_warnings(notes, console)
    for table in tables:
        print_table(table, console)
    if gate:
        console.print(verdict(gate), style="bold")


def _add_to_summary(path: Path, notes: list[str], gate: tuple[Check, ...], tables: list[Table]) -> None:
    """Append Markdown to the summary of a job. Raises StorageError."""
    parts = [f"**{verdict(gate)}**" if gate else "", bullets(notes), *map(section, reversed(tables))]
    try:
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write("\n\n".join(filter(None, parts)) + "\n")
    except OSError as error:
        raise StorageError(f"cannot write to {path} ({SUMMARY}): {error.strerror}") from error


def _score(options: argparse.Namespace) -> int:
    prediction, report = read_prediction(options.a), report_of(read_run(options.b))
    found = scores(prediction, report)
    table, answer = scores_table(found, report, str(options.b)), summary(found)
    if options.html:
        write(
            options.html,
            answer_html(Answer("A prediction and a run", table.title, report.meta.notes, [answer], [table])),
        )
    if options.json:
        print(json.dumps({"untrusted": report.untrusted, "scores": [_scored(score) for score in found]}, indent=2))
    else:
        console = standard_output()
        print_warnings(report.meta.notes, console)
        print_table(table, console)
        console.print(answer, style="bold")
    if report.untrusted:
        return EXIT_UNSOUND
    return EXIT_OK if all(score.covered for score in found if score.is_time) else EXIT_NOT_MET


def _change(change: Change) -> dict[str, Any]:
    return {
        "variant": change.a.label, "variant_in_b": change.b.label, "state": change.state,
        "a_p50_ms": finite(change.a_ms),
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
