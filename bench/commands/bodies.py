"""The options for what requests carry, and for functions that are not this project's."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.commands.ranges import positive
from bench.process.errors import UsageError
from bench.process.listed import listed
from bench.runs.bodies import Body, checked, read_body
from bench.runs.cold_starts.axes import A_BODY
from bench.runs.foreign import OWN
from contract.names import LABEL


def add_functions_option(group: argparse._MutuallyExclusiveGroup) -> None:
    """Functions of the user's in place of the storages; the outputs describe them."""
    group.add_argument("--functions", dest="backends", type=listed(_label), action=_Functions, metavar="A,B",
                       help="functions of yours, by their labels in --outputs (docs/any-function.md)")  # fmt: skip


def add_body_options(parser: argparse.ArgumentParser) -> None:
    """What requests carry in place of a text."""
    parser.add_argument("--body", dest="body", action="append", type=_body, default=[], metavar="FILE[:WEIGHT]",
                        help="send this file as it is, in place of a text; several are drawn by weight")  # fmt: skip
    parser.add_argument("--content-type", metavar="TYPE", help="of the bodies (default: guessed by their names)")


def bodies_from(options: argparse.Namespace) -> tuple[Body, ...]:
    """The bodies that the options name. Raises UsageError where they cannot be sent, or where one is missing."""
    kind = options.content_type
    if kind is not None and not (kind.isascii() and kind.isprintable() and "/" in kind):
        raise UsageError(f"--content-type must be like image/png; got {kind!r}")
    if kind is not None and not options.body:
        raise UsageError("--content-type needs --body")
    if options.engines == (OWN,) and not options.body:
        raise UsageError("--functions needs --body FILE: only you know what they take")
    return checked([read_body(path, weight, kind) for path, weight in options.body])


def lengths(options: argparse.Namespace) -> tuple[int, ...]:
    """The lengths of texts in tokens; the one that stands for bodies where these are sent."""
    return (A_BODY,) if options.body else tuple(options.tokens)


class _Functions(argparse.Action):
    """Takes labels as backends, and says that nothing is known of their engine."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        namespace.backends, namespace.engines = values, (OWN,)


def _label(text: str) -> str:
    if not LABEL.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a label: up to 32 of a-z, 0-9 and -, a letter first")
    return text


def _body(text: str) -> tuple[Path, float]:
    path, colon, weight = text.rpartition(":")
    weighted = bool(colon) and not os.path.exists(text)
    file = Path(path if weighted else text)
    if not os.path.exists(file) or os.path.isdir(file):  # False for a name that is too long, where Path raises
        raise argparse.ArgumentTypeError(f"{str(file)!r} is not a file")
    return file, positive(weight) if weighted else 1.0
