"""The command line of `python -m lab`: finds the command and runs it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from lab.check import cli as shape
from lab.up import cli as up
from lab.up import foreign_cli

DESCRIPTION = "A local AWS account made of real parts, with the similarity service in it."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code: 0, 1 if the lab cannot do what is asked, 2 for wrong arguments."""
    parser = argparse.ArgumentParser(prog="python -m lab", description=DESCRIPTION)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, module, said in (
        ("up", up, "start the lab and stay"),
        ("functions", foreign_cli, "start functions of yours in a lab, for the benchmark, and stay"),
        ("shape", shape, "what `lab up --shape` limits: whether it can, and whether it does"),
    ):
        command = commands.add_parser(name, help=said)
        module.add_options(command)
        command.set_defaults(execute=module.execute, parser=command)
    options = parser.parse_args(arguments)
    return int(options.execute(options))
