"""Print what a run would do: the order, the number of requests, the expected time and AWS cost."""

from __future__ import annotations

import argparse

from bench.commands.options import add_axes_options, add_price_options, axes_from, prices_from
from bench.cost.estimate import estimate
from bench.cost.spending import describe
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
    print(describe(estimate(plan, prices, options.architecture), prices))
    return EXIT_OK
