"""`python -m model build`: weights, ONNX graphs, tokenizer and the sample's index in one directory."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from contract.precisions import FP32, PRECISIONS
from model.bundles import bundle, incidents
from model.checkpoints.architecture import FULL
from model.checkpoints.pooling import POOLINGS

HELP = "weights, ONNX graphs, tokenizer and incident index in one directory"
INTERRUPTED = "nothing was left behind"
LEAST_TOKENS = 3


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--model",
        default=bundle.LONGFORMER,
        help="a checkpoint of the families in model/families: a directory, an installed package that carries "
        "one, or a name on the Hugging Face Hub (%(default)s)",
    )
    parser.add_argument(
        "--pooling",
        choices=tuple(POOLINGS),
        default="",
        help="how a vector is made of the last layer, where the checkpoint does not say (cls: the first token's row)",
    )
    parser.add_argument(
        "--max-tokens",
        type=_limit,
        default=0,
        metavar="N",
        help=f"cut texts at N tokens, {LEAST_TOKENS} at least (where the model does); AIID's own service cuts at 2000",
    )
    parser.add_argument(
        "--weights",
        choices=("auto", "hub", "synthetic"),
        default="auto",
        help="auto: a directory or package, else the Hub's cache, else the Hub, else, for the default model, synthetic "
        "weights of the same shapes (%(default)s)",
    )
    parser.add_argument(
        "--precision",
        choices=PRECISIONS,
        default=FP32,
        help="that of the weights: fp32 keeps the checkpoint as it is; fp16 and int8 take fewer bytes, and the build "
        "says how far their answers agree with fp32's (%(default)s)",
    )
    parser.add_argument("--incidents", type=Path, default=incidents.SAMPLE, help="JSONL file (the sample that ships)")
    parser.add_argument("--out", type=Path, default=Path("images/bundle"), help="directory to build (%(default)s)")
    parser.add_argument("--tiny", action="store_true", help="two synthetic layers, for tests")
    parser.add_argument(
        "--layers",
        type=int,
        choices=range(1, 49),
        metavar="N",
        default=FULL.layers,
        help="synthetic weights of another depth, to see what a model's size costs (%(default)s)",
    )
    parser.add_argument(
        "--replace-index",
        action="store_true",
        help="build anew where `python -m model index` made the index; the sample takes its place",
    )


def run(options: argparse.Namespace, parser: argparse.ArgumentParser, console: Console) -> None:
    """Build the bundle; raises BuildError."""
    if options.weights == "hub" and (options.tiny or options.layers != FULL.layers):
        parser.error("--tiny and --layers make synthetic weights; they do not go with --weights hub")
    chosen = bundle.Options(
        options.model,
        options.weights,
        options.incidents,
        options.out,
        options.tiny,
        options.layers,
        options.replace_index,
        options.pooling,
        options.max_tokens,
        options.precision,
    )
    bundle.build(chosen, console)


def _limit(text: str) -> int:
    value = int(text)
    if value < LEAST_TOKENS:
        raise argparse.ArgumentTypeError(f"must be {LEAST_TOKENS} or more: the two tokens around a text, and one of it")
    return value
