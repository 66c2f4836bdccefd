"""The command line of `python -m lab shape`."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from dataclasses import asdict

from contract.shapes import LAMBDA, SHAPES
from lab.check.check import self_test
from lab.host.errors import LabError
from lab.shape.needs import obstacle
from lab.shape.shape import shape_named
from lab.shape.tested import remember

_UNSHAPED, *_SHAPES = SHAPES


def add_options(parser: argparse.ArgumentParser) -> None:
    """The commands `check` and `possible`."""
    commands = parser.add_subparsers(dest="shape_command", required=True)
    check = commands.add_parser("check", help="measure the limits from inside environments: wanted and reached")
    check.add_argument("shape", nargs="?", choices=_SHAPES, default=LAMBDA, help="(default: %(default)s)")
    check.add_argument("--json", action="store_true", help="print JSON instead of the table")
    possible = commands.add_parser("possible", help="exit code 0 if this machine can shape a lab so, else 1 and why")
    possible.add_argument("shape", choices=_SHAPES)


def execute(options: argparse.Namespace) -> int:
    """Run a command. Exit code 1 if the shape is not possible, or is not as wanted and the machine is not why."""
    if why := obstacle(shape_named(options.shape)):
        print(why, file=sys.stderr)
        return 1
    if options.shape_command == "possible":
        return 0
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING, stream=sys.stderr)
    try:
        return _check(options)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


def _check(options: argparse.Namespace) -> int:
    if not options.json:
        print(f"{'':40} {'wanted':>10} {'reached':>10} {'ratio':>6}")
    found = asyncio.run(self_test(shape_named(options.shape), _to_stderr if options.json else _to_stdout))
    remember(options.shape, found)
    print(json.dumps(asdict(found) | {"sound": found.is_sound}, indent=2) if options.json else found.sentence)
    return 0 if found.is_sound else 1


def _to_stdout(line: str) -> None:
    print(line, flush=True)


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
