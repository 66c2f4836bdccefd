"""Prints an acceptance table: `python -m tests.acceptance TOPIC [TOPIC …]`; exit code 1 where a row is not met.

With `--quick` only those rows that a topic calls quick: `make check` asks for these.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from rich.console import Console

from tests.acceptance.table import show

_HELPERS = {"__init__", "__main__", "table"}


def topics() -> list[str]:
    """The existing topics, by the names of their files."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in _HELPERS)


def main(names: list[str]) -> int:
    """Show the tables of these topics; 2 for a name that is not one."""
    quick, names = "--quick" in names, [name for name in names if name != "--quick"]
    if not names or set(names) - set(topics()):
        print(
            f'usage: make acceptance ARGS="TOPIC [TOPIC …]", with TOPIC one of {", ".join(topics())}', file=sys.stderr
        )
        return 2
    console = Console(width=140)
    modules = [importlib.import_module(f"tests.acceptance.{name}") for name in names]
    met = [show(module.QUICK if quick else module.MEASURES, console) for module in modules]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
