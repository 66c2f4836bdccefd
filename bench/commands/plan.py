"""Print what a run would do: the order, the number of requests, the expected time and AWS cost."""

from __future__ import annotations

import argparse

from bench.commands.options import add_axes_options, add_price_options, axes_from, prices_from
from bench.cost.estimate import COLD_S, VISIT_OVERHEAD_S, WARM_S, Estimate, estimate
from bench.process.errors import EXIT_OK
from bench.runs.plan import build_plan


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `plan`."""
    add_axes_options(parser)
    parser.add_argument("--architecture", choices=["arm64", "x86_64"], default="arm64", help="for the cost")
    add_price_options(parser)


def execute(options: argparse.Namespace) -> int:
    """Print the plan and its estimate; nothing is started."""
    plan = build_plan(axes_from(options))
    for visit in plan:
        made = visit.cold_start
        print(f"{visit.id:48} {made.name:12} {made.words}{'  (warm-up)' if visit.warm_up else ''}")
    prices = prices_from(options)
    print(describe(estimate(plan, prices, options.architecture), f"{prices.region}, {prices.date}"))
    return EXIT_OK


def describe(expected: Estimate, prices_of: str) -> str:
    """The estimate and what it assumes, as text."""
    guesses = ", ".join(f"{engine}: cold {COLD_S[engine]:g} s, warm {WARM_S[engine]:g} s" for engine in COLD_S)
    return (
        f"{expected.requests} requests, {expected.cold_starts} cold starts; on AWS about "
        f"{expected.seconds / 60:.0f} minutes and ${expected.usd:.2f} (prices of {prices_of}).\n"
        f"assumed: {guesses}; {VISIT_OVERHEAD_S:g} s per forced cold start; storage and idle cost not counted."
    )
