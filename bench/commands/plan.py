"""Print what a run would do: the expected time and AWS cost, the number of requests, and the order."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bench.commands.options import add_axes_options, add_price_options, axes_from, prices_from
from bench.cost.estimate import Estimate, estimate
from bench.cost.prices import Prices
from bench.cost.spending import assumed, describe
from bench.process.errors import EXIT_OK
from bench.runs.plan import Visit, build_plan


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `plan`."""
    add_axes_options(parser)
    parser.add_argument("--architecture", choices=["arm64", "x86_64"], default="arm64", help="for the cost")
    add_price_options(parser)
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")


def execute(options: argparse.Namespace) -> int:
    """Print the estimate, then the plan; nothing is started."""
    axes, prices = axes_from(options), prices_from(options)
    plan = build_plan(axes)
    expected = estimate(plan, prices, options.architecture)
    if options.json:
        print(json.dumps(_json(plan, expected, prices), indent=2))
        return EXIT_OK
    print(describe(expected, prices))
    for visit in plan:
        made = visit.cold_start
        print(f"{visit.id:48} {made.name:12} {made.words}{'  (warm-up)' if visit.warm_up else ''}")
    return EXIT_OK


def _json(plan: Sequence[Visit], expected: Estimate, prices: Prices) -> dict[str, Any]:
    visits = [
        {
            "id": visit.id,
            "round": visit.round,
            "warm_up": visit.warm_up,
            "cold_kind": visit.cold_start.name,
            "requests": visit.requests,
            **asdict(visit.variant),
        }
        for visit in plan
    ]
    priced = {"region": prices.region, "prices_date": prices.date, "assumed": assumed()}
    return {"estimate": {**asdict(expected), **priced}, "visits": visits}
