"""The options that name a traffic, for every command that computes what a month costs."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench.commands.ranges import positive
from bench.cost.keep_alive import KeepAlive, assumed_keep_alive
from bench.cost.traffic import ALL, FORMS, PROFILES, Traffic, read_trace, traffic_of
from bench.process.errors import UsageError


def traffic(text: str) -> Traffic:
    """A traffic from the command line (exit code 2 otherwise)."""
    try:
        return traffic_of(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def trace(text: str) -> Traffic:
    """A traffic from a file of arrival times (exit code 2 otherwise)."""
    try:
        return read_trace(Path(text))
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def rate(text: str) -> Traffic:
    """A traffic around the clock from its requests an hour (exit code 2 otherwise)."""
    return traffic(f"{text}/h")


def keep_alive(text: str) -> KeepAlive:
    """A range such as `5-60`, or a single number, in minutes (exit code 2 otherwise)."""
    low, _, high = text.partition("-")
    try:
        ends = positive(low), positive(high or low)
    except argparse.ArgumentTypeError:
        ends = (0.0, 0.0)
    if not 0 < ends[0] <= ends[1] <= 24 * 60:
        raise argparse.ArgumentTypeError(f"must be minutes above 0, such as 10 or 5-60, at most a day; got {text!r}")
    return assumed_keep_alive(*ends)


def add_traffic_option(parser: argparse.ArgumentParser) -> None:
    """For which traffic a recommendation is wanted; several, if given more than once."""
    parser.add_argument("--traffic", type=traffic, action="append", metavar="TRAFFIC",
                        help=f"recommend for this: {FORMS} (default {', '.join(PROFILES)})")  # fmt: skip


def traffics_from(options: argparse.Namespace) -> tuple[Traffic, ...]:
    """The traffics that the options name. Raises UsageError for two of the same name."""
    found = tuple(options.traffic or ALL)
    if len({each.name for each in found}) < len(found):
        raise UsageError("--traffic: the same traffic is given twice")
    return found
