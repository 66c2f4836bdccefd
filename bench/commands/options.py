"""Options that several subcommands share."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from pathlib import Path

from bench.cost.live import live_prices
from bench.cost.prices import Prices, read_prices
from bench.deployments.connect import Choice
from bench.process.errors import UsageError
from bench.process.listed import names, numbers
from bench.runs.cold_starts import COLD_STARTS
from bench.runs.plan import Axes
from contract.engines import ENGINES
from contract.shapes import SHAPES
from contract.storages import DESCRIBED, NAMES, storage

ARMS = ("http", "invoke")


def add_target_options(parser: argparse.ArgumentParser) -> None:
    """Where the functions are: the lab (started for the run), a Pulumi stack, or a file of outputs."""
    target = parser.add_mutually_exclusive_group()
    target.add_argument("--target", choices=["lab"], default="lab", help="start the lab for this run (default)")
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
    add_backends_option(parser)
    add("--engines", type=names, default=("onnx",), metavar="A,B", help="onnx, transformers or both (default onnx)")
    add("--memory", dest="memories", type=numbers, default=(None,), metavar="MB,MB",
        help="memory sizes to set (default: as deployed)")  # fmt: skip
    add("--tokens", type=numbers, default=(20,), metavar="N,N", help="approximate text lengths (default 20)")
    add("--arms", type=names, default=("http",), metavar="A,B", help="http, invoke or both (default http)")
    add("--cold", type=int, default=10, metavar="N", help="cold samples per variant (default 10)")
    add("--warm", type=int, default=60, metavar="N", help="warm samples per variant (default 60)")
    for kind in COLD_STARTS:
        kind.add_option(parser)
    add("--seed", type=int, default=1, help="seed of the order (default 1)")


def add_backends_option(parser: argparse.ArgumentParser) -> None:
    """Which of the storages are asked."""
    known = f"some of {DESCRIBED} (default: all)"
    parser.add_argument("--backends", type=_backends, default=NAMES, metavar="A,B", help=known)


def axes_from(options: argparse.Namespace) -> Axes:
    """The axes the options describe. Raises UsageError when they make no plan."""
    _known("engine", options.engines, ENGINES)
    _known("arm", options.arms, ARMS)
    try:
        return Axes(**{field.name: getattr(options, field.name) for field in fields(Axes)})
    except ValueError as error:
        raise UsageError(str(error)) from error


def _backends(text: str) -> tuple[str, ...]:
    try:
        return tuple(storage(name).name for name in names(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _known(what: str, given: tuple[str, ...], known: tuple[str, ...]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise UsageError(f"unknown {what} {', '.join(unknown)}; known are {', '.join(known)}")
