"""Command line: `python -m model build`, `python -m model index`, `python -m model snapshot`."""

from __future__ import annotations

import argparse
import os
import sys
from types import ModuleType

from rich.console import Console

from contract.loopback import keep_off_proxies
from model.base.errors import BuildError
from model.commands import build, index, snapshot

COMMANDS: dict[str, ModuleType] = {"build": build, "index": index, "snapshot": snapshot}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; exit code 0 when it is done, 1 when it cannot be, 2 for a wrong command line, 130 for Ctrl-C."""
    parser, parsers = _parsers()
    options = parser.parse_args(arguments)
    command = COMMANDS[options.command]
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        command.run(options, parsers[options.command], console)
    except BuildError as error:
        console.print(_printable(f"model: {error}"), style="bold red", markup=False)
        return 1
    except OSError as error:
        where = error.filename2 or error.filename or options.out  # the second is the destination
        console.print(_printable(f"model: {where}: {error.strerror or error}"), style="bold red", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print(f"model: interrupted; {command.INTERRUPTED}")
        return 130
    return 0


def _printable(words: str) -> str:
    """The text without characters that a terminal obeys: it may quote foreign files."""
    return "".join(one if one.isprintable() or one == "\n" else ascii(one)[1:-1] for one in words)


def _parsers() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    parser = argparse.ArgumentParser(prog="python -m model", description="Builds the model bundle and its index.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    parsers = {}
    for name, command in COMMANDS.items():
        parsers[name] = commands.add_parser(name, help=command.HELP, description=command.__doc__)
        command.add_options(parsers[name])
    return parser, parsers


if __name__ == "__main__":
    keep_off_proxies(os.environ)
    sys.exit(main())
