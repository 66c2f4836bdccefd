"""Options that several subcommands share."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.errors import UsageError
from bench.plan import Axes

DEFAULT_BACKENDS = ("efs", "s3", "oci")
ENGINES = ("onnx", "transformers")


def add_target_options(parser: argparse.ArgumentParser) -> None:
    """Where the functions are: the lab (started for the run), a Pulumi stack, or a file of outputs."""
    target = parser.add_mutually_exclusive_group()
    target.add_argument("--target", choices=["lab"], default="lab", help="start the lab for this run (default)")
    target.add_argument("--stack", metavar="NAME", help="a deployed Pulumi stack")
    target.add_argument("--outputs", metavar="FILE", type=Path, help="a file with a deployment's outputs (JSON)")
    parser.add_argument("--cache", choices=["cold", "warm"], default="cold",
                        help="lab: page cache before a cold start (default cold)")  # fmt: skip
    parser.add_argument("--bundle", metavar="DIR", type=Path, help="lab: the model bundle to store")


def add_axes_options(parser: argparse.ArgumentParser) -> None:
    """What is compared, and how often it is measured."""
    parser.add_argument("--backends", type=names, metavar="A,B", help="backends to compare (default efs,s3,oci)")
    parser.add_argument("--engines", type=names, default=("onnx",), metavar="A,B",
                        help="onnx, transformers or both (default onnx)")  # fmt: skip
    parser.add_argument("--cold", type=int, default=10, metavar="N", help="cold samples per variant (default 10)")
    parser.add_argument("--warm", type=int, default=60, metavar="N", help="warm samples per variant (default 60)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the order (default 1)")


def axes_from(options: argparse.Namespace) -> Axes:
    """The axes the options describe. Raises UsageError when they make no plan."""
    unknown = set(options.engines) - set(ENGINES)
    if unknown:
        raise UsageError(f"unknown engine {', '.join(sorted(unknown))}; known are {', '.join(ENGINES)}")
    try:
        return Axes(
            backends=options.backends or DEFAULT_BACKENDS,
            engines=options.engines,
            cold=options.cold,
            warm=options.warm,
            seed=options.seed,
        )
    except ValueError as error:
        raise UsageError(str(error)) from error


def names(text: str) -> tuple[str, ...]:
    """A comma-separated list."""
    return _listed(text, str)


def _listed(text: str, kind: Callable[[str], Any]) -> tuple[Any, ...]:
    values = tuple(kind(part.strip()) for part in text.split(",") if part.strip())
    if not values:
        raise argparse.ArgumentTypeError("give at least one value")
    return values
