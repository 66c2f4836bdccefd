"""Say which backend meets a latency objective at what cost, from a measured run."""

from __future__ import annotations

import argparse
import json
import statistics
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from bench.commands.options import add_price_options, prices_from
from bench.cost.choose import Candidate, Objective, Option, weigh
from bench.cost.model import HOURS_PER_MONTH, Assumptions, costs
from bench.cost.prices import Prices
from bench.cost.traffic import poisson_cold_share, trace_cold_share
from bench.errors import EXIT_NOT_MET, EXIT_OK, UnsoundError, UsageError
from bench.evidence.judge import judge_run
from bench.records.store import Run, read_run
from bench.report.costing import usage_of
from bench.report.select import select
from bench.report.summary import LAB_NOTE
from bench.report.terminal import standard_output
from bench.report.words import money, variant_name


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `choose`."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="the folder of a run")
    traffic = parser.add_mutually_exclusive_group(required=True)
    traffic.add_argument("--requests-per-hour", type=float, metavar="N", help="Poisson arrivals at this rate")
    traffic.add_argument("--trace", type=Path, metavar="FILE", help="arrival times in seconds, one a line")
    parser.add_argument("--objective", type=float, required=True, metavar="MS", help="answered within so many ms")
    parser.add_argument("--share", type=float, default=0.95, help="for this share of the requests (default 0.95)")
    parser.add_argument("--keep-alive", type=float, default=10.0, metavar="MIN",
                        help="minutes an idle environment stays (an assumption; default 10)")  # fmt: skip
    parser.add_argument("--stored-mb", type=float, default=Assumptions().stored_bytes / 1e6, help="size of the bundle")
    parser.add_argument("--endpoints", type=int, default=0, help="interface endpoints times zones (default 0)")
    add_price_options(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")


def execute(options: argparse.Namespace) -> int:
    """Weigh the backends, print them and what was assumed; exit code 1 if none meets the objective."""
    if not 0 < options.share <= 1 or options.objective <= 0 or options.keep_alive <= 0:
        raise UsageError("--share lies between 0 and 1, --objective and --keep-alive above 0")
    run, prices = read_run(options.directory), prices_from(options)
    assumptions = Assumptions(stored_bytes=options.stored_mb * 1e6, endpoints=options.endpoints)
    candidates = _candidates(run, prices, assumptions)
    arrivals = _read_trace(options.trace) if options.trace else None
    keep_s = options.keep_alive * 60
    shares = {c.name: _cold_share(c, options.requests_per_hour, arrivals, keep_s) for c in candidates}
    per_hour = options.requests_per_hour if arrivals is None else _rate(arrivals)
    objective = Objective(options.objective, options.share)
    found = weigh(candidates, objective, per_hour * HOURS_PER_MONTH, shares)
    notes = _assumed(run, prices, options, per_hour)
    if options.json:
        print(json.dumps({"options": [asdict(option) for option in found], "assumed": notes}, indent=2))
    else:
        _print(found, objective, notes)
    return EXIT_OK if found[0].meets else EXIT_NOT_MET


def _candidates(run: Run, prices: Prices, assumptions: Assumptions) -> list[Candidate]:
    judged, found = judge_run(run), []
    named = [asdict(variant) for variant in run.first.axes.variants()]
    for variant in run.first.axes.variants():
        usage = usage_of(judged, variant, run.first)
        if usage and variant.arm == "http":
            cold, warm = select(judged, variant, "cold").latencies, select(judged, variant, "warm").latencies
            found.append(Candidate(variant_name(asdict(variant), named), cold, warm, costs(usage, prices, assumptions)))
    if not found:
        raise UnsoundError("no backend of this run has valid cold and warm samples: there is nothing to choose from")
    return found


def _cold_share(candidate: Candidate, per_hour: float, arrivals: list[float] | None, keep_s: float) -> float:
    if arrivals is None:
        return poisson_cold_share(per_hour, keep_s)
    cold_s, warm_s = (statistics.median(points) / 1e3 for points in (candidate.cold_ms, candidate.warm_ms))
    return trace_cold_share(arrivals, keep_s, cold_s, warm_s)


def _read_trace(path: Path) -> list[float]:
    try:
        arrivals = [float(line) for line in path.read_text(encoding="utf-8").split()]
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"{path} must hold one arrival time in seconds a line: {error}") from error
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
    return notes + ([LAB_NOTE] if run.first.target.get("kind") == "lab" else [])


def _print(found: list[Option], objective: Objective, notes: list[str]) -> None:
    console = standard_output()
    best = found[0]
    wanted = f"{objective.share:.0%} within {objective.limit_ms:g} ms"
    if best.meets:
        console.print(f"{best.name}: the cheapest that answers {wanted}, {money(best.usd_month)} a month", style="bold")
    else:
        console.print(f"No backend answers {wanted}; {best.name} comes closest ({best.within:.1%})", style="bold")
    table = Table("backend", "cold starts", "within", "meets it", "USD a month")
    for item in found:
        meets = "yes" if item.meets else "no"
        table.add_row(item.name, f"{item.cold_share:.2%}", f"{item.within:.1%}", meets, money(item.usd_month))
    console.print(table)
    for note in notes:
        console.print(f"assumed: {note}" if note != LAB_NOTE else f"! {note}", highlight=False)
