"""The command line: finds the subcommand, runs it, turns failures into messages and exit codes."""

from __future__ import annotations

import argparse
import errno
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

from bench.commands import choose, compare, doctor, export, limits, load, overhead, plan, predict, report, restore, run
from bench.process.errors import EXIT_CODES, EXIT_CUT_OFF, EXIT_FAULT, EXIT_INTERRUPTED, BenchError, UsageError
from bench.process.listed import meant
from bench.process.say import warn
from bench.process.signals import end_politely, let_go_of

_COMMANDS = {
    "run": run,
    "restore": restore,
    "plan": plan,
    "doctor": doctor,
    "load": load,
    "report": report,
    "export": export,
    "compare": compare,
    "choose": choose,
    "predict": predict,
    "overhead": overhead,
    "limits": limits,
}
_DEFAULT = "run"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark's command line and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help")):
        given.insert(0, _DEFAULT)
    end_politely()
    try:
        return _ended(given)
    except OSError:  # the reader has read enough, as in `report DIR | head`, or the terminal is gone
        let_go_of(1, 2)
        return EXIT_CUT_OFF


def _ended(given: Sequence[str]) -> int:
    """Carry out the command; failures become messages and exit codes."""
    try:
        if given[0] not in _COMMANDS and not given[0].startswith("-"):
            known = tuple(_COMMANDS)
            raise UsageError(f"unknown command {given[0]!r}{meant(given[0], known)}; known are {', '.join(known)}")
        options = _parser(given[0]).parse_args(given)
        code = int(options.execute(options))
        sys.stdout.flush()
    except BenchError as error:
        warn(f"error: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        warn("interrupted")
        return EXIT_INTERRUPTED
    except SystemExit as ended:  # --help, printed
        sys.stdout.flush()
        return int(ended.code or 0)
    except Exception as error:  # its text may hold a secret, so only its kind and its place are printed
        if isinstance(error, OSError) and error.errno in (errno.EPIPE, errno.EIO):
            raise
        place = traceback.extract_tb(error.__traceback__)[-1]
        warn(f"error: unexpected {type(error).__name__} in {os.path.basename(place.filename)}, line {place.lineno}")
        return EXIT_FAULT
    return code


class _Parser(argparse.ArgumentParser):
    """Refuses a wrong command line in a line or two, with what was probably meant; a whole usage hides the message."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Name the unknown options here, where the known ones are."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            name = unknown[0].partition("=")[0]
            self.error(f"unknown argument {name!r}{meant(name, list(self._option_string_actions))}")
        return known, unknown

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(f"{message.removeprefix('argument ')}; see {self.prog} --help")


def _parser(chosen: str) -> argparse.ArgumentParser:
    """All commands, and the options of the chosen one; those of all the others would take longer than some commands."""
    codes = "\n".join(f"  {code:3}  {meaning}" for code, meaning in EXIT_CODES.items())
    parser = _Parser(
        prog="bench/run.py",
        description=f"Measure model storages behind one HTTP API. Without a command: {_DEFAULT}.",
        epilog=f"exit codes:\n{codes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in _COMMANDS.items():
        summary = (module.__doc__ or "").strip().partition("\n")[0]
        command = commands.add_parser(name, help=summary, description=summary)
        if name == chosen:
            module.add_options(command)
            command.set_defaults(execute=module.execute)
    return parser
