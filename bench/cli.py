"""The command line: finds the subcommand, runs it, turns failures into messages and exit codes."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from bench.commands import choose, compare, doctor, load, overhead, plan, report, run
from bench.errors import EXIT_CODES, EXIT_INTERRUPTED, BenchError

_COMMANDS = {
    "run": run,
    "plan": plan,
    "doctor": doctor,
    "load": load,
    "report": report,
    "compare": compare,
    "choose": choose,
    "overhead": overhead,
}
_DEFAULT = "run"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark's command line and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or (given[0] not in _COMMANDS and given[0] not in ("-h", "--help")):
        given.insert(0, _DEFAULT)
    options = _parser().parse_args(given)
    signal.signal(signal.SIGTERM, _interrupt)  # a polite kill is treated as Ctrl-C: report, restore, clean up
    try:
        return int(options.execute(options))
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    codes = "\n".join(f"  {code:3}  {meaning}" for code, meaning in EXIT_CODES.items())
    parser = argparse.ArgumentParser(
        prog="bench/run.py",
        description=f"Measure model storages behind one HTTP API. Without a command: {_DEFAULT}.",
        epilog=f"exit codes:\n{codes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in _COMMANDS.items():
        summary = (module.__doc__ or "").strip().partition("\n")[0]
        command = commands.add_parser(name, help=summary, description=summary)
        module.add_options(command)
        command.set_defaults(execute=module.execute)
    return parser


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
