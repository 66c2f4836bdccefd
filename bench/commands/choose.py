"""Say which backend meets a latency objective at what cost, from a measured run."""

from __future__ import annotations

import argparse
import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from bench.commands.options import add_price_options, prices_from
from bench.commands.ranges import count, not_negative, positive, proportion
from bench.cost.choose import UNDECIDED, Candidate, Objective, Option, visits_needed, weigh
from bench.cost.model import HOURS_PER_MONTH, Assumptions
from bench.cost.prices import Prices
from bench.cost.traffic import poisson_cold_share, trace_cold_share
from bench.process.errors import EXIT_NOT_MET, EXIT_OK, EXIT_UNSOUND, UnsoundError, UsageError
from bench.report.costing import costs_of
from bench.report.formats import money, money_range, percent, variant_name
from bench.report.summary import LAB_NOTE, summarise
from bench.report.terminal import standard_output
from bench.report.trust import warnings
from bench.runs.judge import Judged, judge_run
from bench.runs.selection import answered_share, select
from bench.runs.store import Run, read_run


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `choose`."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="the folder of a run")
    traffic = parser.add_mutually_exclusive_group(required=True)
    traffic.add_argument("--requests-per-hour", type=positive, metavar="N", help="Poisson arrivals at this rate")
    traffic.add_argument("--trace", type=Path, metavar="FILE", help="arrival times in seconds, one a line")
    parser.add_argument("--objective", type=positive, required=True, metavar="MS", help="answered within so many ms")
    parser.add_argument("--share", type=proportion, default=0.95, help="for this share of the requests (default 0.95)")
    parser.add_argument("--keep-alive", type=positive, default=10.0, metavar="MIN",
                        help="minutes an idle environment stays (an assumption; default 10)")  # fmt: skip
    parser.add_argument("--stored-mb", type=not_negative, default=Assumptions().stored_bytes / 1e6,
                        help="size of the bundle in MB of 10**6 bytes")  # fmt: skip
    parser.add_argument("--endpoints", type=count, default=0, help="interface endpoints times zones (default 0)")
    add_price_options(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")


def execute(options: argparse.Namespace) -> int:
    """Weigh the backends, print them and what was assumed.

    Exit code 4 if the run's figures must not be used, else 1 if no backend is shown to meet the objective.
    """
    run, prices = read_run(options.directory), prices_from(options)
    assumptions = Assumptions(stored_bytes=options.stored_mb * 1e6, endpoints=options.endpoints)
    judged = judge_run(run)
    candidates = _candidates(run, judged, prices, assumptions)
    untrusted = summarise(run)["untrusted"]
    arrivals = _read_trace(options.trace) if options.trace else None
    keep_s = options.keep_alive * 60
    shares = {c.name: _cold_share(c, options.requests_per_hour, arrivals, keep_s) for c in candidates}
    per_hour = options.requests_per_hour if arrivals is None else _rate(arrivals)
    objective = Objective(options.objective, options.share)
    found = weigh(candidates, objective, per_hour * HOURS_PER_MONTH, shares)
    notes = _assumed(run, prices, options, per_hour)
    if options.json:
        shown = {"untrusted": untrusted, "options": [asdict(option) for option in found], "assumed": notes}
        print(json.dumps(shown, indent=2))
    else:
        _print(found, objective, warnings(untrusted), notes)
    if untrusted:
        return EXIT_UNSOUND
    return EXIT_OK if found[0].meets else EXIT_NOT_MET


def _candidates(run: Run, judged: Sequence[Judged], prices: Prices, assumptions: Assumptions) -> list[Candidate]:
    found = []
    named = [asdict(variant) for variant in run.first.axes.variants()]
    for variant in run.first.axes.variants():
        priced = costs_of(judged, variant, run.first, prices, assumptions)
        if priced and variant.arm == "http":
            cold, warm = (select(judged, variant, state).outcomes for state in ("cold", "warm"))
            name = variant_name(asdict(variant), named)
            found.append(Candidate(name, cold, warm, priced, answered_share(judged, variant)))
    if not found:
        raise UnsoundError("no backend of this run has valid cold and warm samples: there is nothing to choose from")
    return found


def _cold_share(candidate: Candidate, per_hour: float, arrivals: list[float] | None, keep_s: float) -> float:
    if arrivals is None:
        return poisson_cold_share(per_hour, keep_s)
    answered = (
        [x for visit in visits for x in visit if x < math.inf] for visits in (candidate.cold_ms, candidate.warm_ms)
    )
    cold_s, warm_s = (statistics.median(points or [0.0]) / 1e3 for points in answered)
    return trace_cold_share(arrivals, keep_s, cold_s, warm_s)


def _read_trace(path: Path) -> list[float]:
    try:
        arrivals = [float(line) for line in path.read_text(encoding="utf-8").split()]
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{path} must hold one arrival time in seconds a line: {error}") from error
    if not all(map(math.isfinite, arrivals)):
        raise UsageError(f"{path} holds an arrival time that is not finite")
    if len(arrivals) < 2 or max(arrivals) == min(arrivals):
        raise UsageError(f"{path} must hold at least two different arrival times")
    return arrivals


def _rate(arrivals: list[float]) -> float:
    return (len(arrivals) - 1) / (max(arrivals) - min(arrivals)) * 3600


def _assumed(run: Run, prices: Prices, options: argparse.Namespace, per_hour: float) -> list[str]:
    overlap = "overlapping requests start further environments" if options.trace else "requests do not overlap"
    notes = [
        f"an idle environment stays {options.keep_alive:g} minutes (AWS does not publish this time); {overlap}",
        f"{per_hour:g} requests an hour, {per_hour * HOURS_PER_MONTH:,.0f} a month",
        f"list prices of {prices.region}, {prices.date}; {options.stored_mb:.0f} MB stored; INIT billed; no free tier",
    ]
    needed = visits_needed(options.share)
    known = "no number of visits shows all requests" if needed is None else f"it takes {needed} visits without a miss"
    notes.append(
        "a request that failed, timed out or is not proven is not within any limit; shares are exact binomial limits "
        f"(95 %), with visits as the trials: {known} to show this share"
    )
    return notes + ([LAB_NOTE] if run.first.target.get("kind") == "lab" else [])


def _print(found: list[Option], objective: Objective, before: list[str], notes: list[str]) -> None:
    console = standard_output()
    for warning in before:
        console.print(f"! {warning}", style="yellow", highlight=False, markup=False)
    best = found[0]
    wanted = f"{objective.share:.0%} within {objective.limit_ms:g} ms"
    if best.meets:
        said = f"{best.name}: the cheapest that is shown to answer {wanted}, {money(best.usd_month)} a month"
    elif best.verdict == UNDECIDED:
        said = f"Undecided: no backend is shown to answer {wanted}; {best.name} comes closest ({percent(best.within)})"
    else:
        said = f"No backend answers {wanted}; {best.name} comes closest ({percent(best.within)})"
    console.print(said, style="bold")
    table = Table("backend", "cold starts", "answered", "within", "95 % limits", "meets it", "USD a month", "95 %")
    for item in found:
        table.add_row(
            item.name, f"{item.cold_share:.2%}", percent(item.answered_share), percent(item.within),
            f"{item.within_low:.1%} to {item.within_high:.1%}", item.verdict, money(item.usd_month),
            money_range(item.usd_month_interval),
        )  # fmt: skip
    console.print(table)
    for note in notes:
        console.print(f"assumed: {note}" if note != LAB_NOTE else f"! {note}", highlight=False)
