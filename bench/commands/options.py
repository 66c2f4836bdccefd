"""Options that several subcommands share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from bench.commands.bodies import add_body_options, add_functions_option, lengths
from bench.commands.ranges import count
from bench.cost.live import live_prices
from bench.cost.prices import Prices, read_prices
from bench.deployments.connect import Choice
from bench.process.errors import UsageError
from bench.process.listed import listed, one_of, some_of, whole
from bench.runs.bodies import Body
from bench.runs.cold_starts import COLD_STARTS
from bench.runs.direct_reads import HAVING, SETTINGS
from bench.runs.plan import COMPARED, LOOKS_AHEAD, MOST_REQUESTS, MOST_VISITS, Axes
from bench.runs.texts import MOST_TOKENS
from contract.engines import ENGINES
from contract.limits import MAX_MEMORY_MB, MIN_MEMORY_MB
from contract.precisions import FP32, PRECISIONS
from contract.run_modes import SNAPSHOTS
from contract.shapes import SHAPES
from contract.storages import DESCRIBED, NAMES, USUAL_NAMES

ARMS = ("http", "invoke")

#: A memory size that Lambda has.
memory_size = whole(MIN_MEMORY_MB, MAX_MEMORY_MB, " of MB")


def add_target_options(parser: argparse.ArgumentParser) -> None:
    """Where the functions are: the lab (started for the run), a Pulumi stack, or a file of outputs."""
    target = parser.add_mutually_exclusive_group()
    target.add_argument("--target", choices=("lab",), default="lab", help="start the lab for this run (default)")
    add_place_options(target)
    parser.add_argument("--cache", choices=["cold", "warm"], help="lab: page cache before a cold start (default cold)")
    parser.add_argument("--bundle", metavar="DIR", type=Path, help="lab: the model bundle to store")
    parser.add_argument("--shape", choices=SHAPES, help="lab: limit it like Lambda, or its processors alone (needs "
                        "root; default: processor for a run that sets memory sizes, else none)")  # fmt: skip


def add_place_options(target: argparse._MutuallyExclusiveGroup) -> None:
    """Where functions are deployed already."""
    target.add_argument("--stack", metavar="NAME", help="a deployed Pulumi stack")
    target.add_argument("--outputs", metavar="FILE", type=Path, help="a file with a deployment's outputs (JSON)")


def add_price_options(parser: argparse.ArgumentParser) -> None:
    """The source of the prices, if it is not the shipped table."""
    parser.add_argument("--prices", type=Path, metavar="FILE", help="prices that override the shipped table")
    parser.add_argument("--live-prices", metavar="REGION", help="today's prices of a region (AWS Price List API)")


def add_html_option(parser: argparse.ArgumentParser) -> None:
    """Where to write the answer as a page."""
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write the answer as a page")


def prices_from(options: argparse.Namespace) -> Prices:
    """The shipped prices, overridden by today's if wanted and by the user's own; warns of what is not today's."""
    if not options.live_prices:
        return read_prices(options.prices)
    prices, missing = live_prices(read_prices(), options.live_prices)
    if missing:
        print(f"warning: not in the Price List, shipped prices used: {', '.join(missing)}", file=sys.stderr)
    return read_prices(options.prices, prices)


def choice_from(options: argparse.Namespace) -> Choice:
    """The target the options name. Raises UsageError for a shape of what is not a lab of ours."""
    choice = Choice(options.stack, options.outputs, options.cache, options.bundle, options.shape)
    if choice.shape and not choice.is_own_lab:
        raise UsageError("--shape shapes the lab that a run starts; the target given is there already")
    return choice


def add_axes_options(parser: argparse.ArgumentParser) -> None:
    """What is compared, and how often it is measured: for each field of Axes the option with this `dest`."""
    add = parser.add_argument
    add_backends_option(parser, SNAPSHOTS)
    add("--engines", type=some_of(ENGINES, "engine"), default=ENGINES[:1], metavar="A,B",
        help=f"some of {', '.join(ENGINES)} (default {ENGINES[0]})")  # fmt: skip
    add_precision_option(parser)
    add("--direct-reads", type=some_of(tuple(SETTINGS), "setting"), default=(None,), metavar="A,B",
        help=f"AWS, {', '.join(HAVING)}: set direct reads {' and '.join(SETTINGS)} (default: as deployed)")  # fmt: skip
    add("--memory", dest="memories", type=listed(memory_size), default=(None,), metavar="MB,MB",
        help="memory sizes to set (default: as deployed)")  # fmt: skip
    add("--tokens", type=listed(whole(1, MOST_TOKENS)), default=(20,), metavar="N,N",
        help=f"approximate text lengths, at most {MOST_TOKENS:,} (default 20)")  # fmt: skip
    add("--arms", type=some_of(ARMS, "arm"), default=ARMS[:1], metavar="A,B",
        help=f"some of {', '.join(ARMS)} (default {ARMS[0]})")  # fmt: skip
    add("--cold", type=whole(1, MOST_VISITS), default=10, metavar="N", help="cold samples per variant (default 10)")
    add("--warm", type=whole(0, MOST_REQUESTS), default=60, metavar="N", help="warm samples per variant (default 60)")
    add("--until-resolved", type=some_of(COMPARED, "state"), nargs="?", const=COMPARED[:1], default=(), metavar="A,B",
        help=f"add rounds until all differences of these states ({', '.join(COMPARED)}; default {COMPARED[0]}) are "
        "resolved; --cold are then the rounds before the first look")  # fmt: skip
    add("--at-most", type=whole(2, MOST_VISITS), default=0, metavar="N",
        help=f"with --until-resolved: end after N rounds (default {LOOKS_AHEAD} times --cold)")  # fmt: skip
    add_body_options(parser)
    for kind in COLD_STARTS:
        kind.add_option(parser)
    add("--seed", type=count, default=1, metavar="N", help="seed of the order (default 1)")


def add_backends_option(parser: argparse.ArgumentParser, others: Sequence[str] = ()) -> None:
    """Which of the storages are asked; `others` are labels of theirs in other run modes."""
    known = "".join([DESCRIBED, *(f", {name}" for name in others)])
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--backends", type=listed(lambda text: one_of((*NAMES, *others), text, "storage")),
        default=USUAL_NAMES, metavar="A,B", help=f"some of {known} (default: {', '.join(USUAL_NAMES)})")  # fmt: skip
    add_functions_option(who)


def add_precision_option(parser: argparse.ArgumentParser, default: tuple[str, ...] = (FP32,)) -> None:
    """Which of a model's bundles are asked, by the precision of their weights."""
    known = f"some of {', '.join(PRECISIONS)} (default: {', '.join(default) or 'all that are deployed'})"
    parser.add_argument("--precision", dest="precisions", type=some_of(PRECISIONS, "precision"), default=default,
                        metavar="A,B", help=f"precisions of the weights: {known}")  # fmt: skip


def axes_from(options: argparse.Namespace, bodies: Sequence[Body] = ()) -> Axes:
    """The axes the options describe, with these bodies. Raises UsageError when they make no plan."""
    given: dict[str, Any] = {field.name: getattr(options, field.name, None) for field in fields(Axes)}
    given |= {"tokens": lengths(options), "bodies": tuple(body.facts for body in bodies)}
    most = {"at_most": LOOKS_AHEAD * options.cold} if options.until_resolved and not options.at_most else {}
    try:
        return Axes(**(given | most))
    except ValueError as error:
        raise UsageError(str(error)) from error
