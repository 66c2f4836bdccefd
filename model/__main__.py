"""Command line: `python -m model build`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from model import bundle, incidents
from model.architecture import FULL
from model.errors import BuildError


def main(arguments: list[str] | None = None) -> int:
    """Run a command; exit code 0 when the bundle is there, 1 when it cannot be built, 2 for a wrong command line."""
    options = _parser().parse_args(arguments)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if options.weights == "hub" and (options.tiny or options.layers != FULL.layers):
        _parser().error("--tiny and --layers make synthetic weights; they do not go with --weights hub")
    chosen = bundle.Options(
        options.model, options.weights, options.incidents, options.out, options.tiny, options.layers
    )
    try:
        bundle.build(chosen, console)
    except BuildError as error:
        console.print(f"model: {error}", style="bold red", markup=False)
        return 1
    except OSError as error:
        console.print(f"model: {error.filename or options.out}: {error.strerror}", style="bold red", markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("model: interrupted; nothing was left behind")
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m model", description="Builds the model bundle.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    build = commands.add_parser("build", help="weights, ONNX graphs, tokenizer and incident index in one directory")
    build.add_argument("--model", default=bundle.LONGFORMER, help="checkpoint on the Hugging Face Hub (%(default)s)")
    build.add_argument(
        "--weights",
        choices=("auto", "hub", "synthetic"),
        default="auto",
        help="auto: the Hub's cache, else the Hub, else synthetic weights of the same shapes (%(default)s)",
    )
    build.add_argument("--incidents", type=Path, default=incidents.SAMPLE, help="JSONL file (the sample that ships)")
    build.add_argument("--out", type=Path, default=Path("images/bundle"), help="directory to build (%(default)s)")
    build.add_argument("--tiny", action="store_true", help="two synthetic layers, for tests")
    build.add_argument(
        "--layers",
        type=int,
        choices=range(1, 49),
        metavar="N",
        default=FULL.layers,
        help="synthetic weights of another depth, to see what a model's size costs (%(default)s)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
