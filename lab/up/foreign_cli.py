"""The command line of `python -m lab functions`."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import Sequence

from contract.limits import MAX_MEMORY_MB, MAX_TIMEOUT_S, MIN_MEMORY_MB
from lab.host.errors import LabError
from lab.up.foreign import Foreign, foreign_functions, parse_foreign
from lab.up.ranges import whole
from lab.up.serving import until_stopped


def add_options(functions: argparse.ArgumentParser) -> None:
    """The options of `lab functions`."""
    add = functions.add_argument
    add("functions", type=_foreign, nargs="+", metavar="LABEL=FOLDER[:file.function]",
        help="a handler in Python (app.handler unless named) or Node (index.handler); at /LABEL")  # fmt: skip
    add("--memory", type=whole(MIN_MEMORY_MB, MAX_MEMORY_MB), default=1024, metavar="MB",
        help="memory size (default: %(default)s)")  # fmt: skip
    add("--timeout", type=whole(1, MAX_TIMEOUT_S), default=30, metavar="S",
        help="function timeout (default: %(default)s)")  # fmt: skip


def execute(options: argparse.Namespace) -> int:
    """Print the outputs as a line of JSON, and serve until a signal; exit code 1 if the functions cannot come up."""
    labels = [each.label for each in options.functions]
    if twice := [label for label in dict.fromkeys(labels) if labels.count(label) > 1]:
        options.parser.error(f"{', '.join(twice)} given twice")
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING, stream=sys.stderr)
    try:
        asyncio.run(until_stopped(_serve(options.functions, options.memory, options.timeout)))
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    return 0


async def _serve(functions: Sequence[Foreign], memory_mb: int, timeout_s: int) -> None:
    async with foreign_functions(functions, memory_mb, timeout_s) as outputs:
        print(json.dumps(outputs), flush=True)
        await asyncio.Event().wait()


def _foreign(text: str) -> Foreign:
    try:
        return parse_foreign(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
