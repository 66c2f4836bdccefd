"""Predict from a run what it would measure on AWS: times as intervals, verdicts, curves over sizes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.commands.ranges import count, positive
from bench.cost.prices import Prices, read_prices
from bench.predict.parameters import SEED
from bench.process.errors import EXIT_OK, EXIT_UNSOUND, UsageError
from bench.process.listed import numbers
from bench.report.predicting import Wanted, predicted_run
from bench.report.prediction import MOST_SEED
from bench.report.predictions.curves import curves_of
from bench.report.predictions.file import PREDICTION, prediction_text
from bench.report.report import report_of
from bench.report.views.prediction import PAGE, Shown, files, print_prediction
from bench.report.views.terminal import standard_output
from bench.report.views.write import write
from bench.runs.lock import only_writer
from bench.runs.store import read_run
from contract.limits import MAX_IMAGE, MAX_MEMORY_MB, MIN_MEMORY_MB

MOST_CASES = 12  # memory sizes times bytes: more would not be read


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `predict`."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="the folder of a run, from the lab or from AWS")
    parser.add_argument("--memory", dest="memories", type=numbers, default=(), metavar="MB,MB",
                        help="memory sizes (default: those of the run)")  # fmt: skip
    parser.add_argument("--bytes", dest="sizes", type=numbers, default=(), metavar="N,N",
                        help="bytes that a cold start reads (default: as in the run)")  # fmt: skip
    parser.add_argument("--objective", type=positive, metavar="MS",
                        help="name the cheapest storage and memory size for cold starts within that")  # fmt: skip
    parser.add_argument("--seed", type=count, default=SEED, metavar="N", help="seed of the draws (default %(default)s)")
    parser.add_argument("--out", type=Path, metavar="FILE",
                        help=f"where to write the prediction for `compare` (default DIR/{PREDICTION})")  # fmt: skip
    parser.add_argument("--json", action="store_true", help=f"print {PREDICTION} instead of the tables")


def execute(options: argparse.Namespace) -> int:
    """Predict, write the files, print. Exit code 4 if the run's figures must not be used."""
    wanted = _wanted(options)
    run = read_run(options.directory)
    with only_writer(options.directory):
        report = report_of(run)
        prediction = predicted_run(report.evidence, wanted)
        prices = Prices(**run.first.prices) if run.first.prices else read_prices()
        shown = Shown(prediction, curves_of(report.evidence, wanted, prices), options.objective, report.untrusted)
        text = prediction_text(prediction)
        out = options.out or options.directory / PREDICTION
        for path, content in {out: text, **files(shown, options.directory)}.items():
            write(path, content)
    if options.json:
        sys.stdout.write(text)
    else:
        print_prediction(shown, standard_output())
        print(f"prediction: {out}, {options.directory / PAGE}")
    return EXIT_UNSOUND if report.untrusted else EXIT_OK


def _wanted(options: argparse.Namespace) -> Wanted:
    """What the options ask for. Raises UsageError where Lambda has no such size."""
    for memory_mb in options.memories:
        if not MIN_MEMORY_MB <= memory_mb <= MAX_MEMORY_MB:
            raise UsageError(f"--memory: Lambda has {MIN_MEMORY_MB} to {MAX_MEMORY_MB:,} MB; got {memory_mb}")
    for size in options.sizes:
        if not 1 <= size <= MAX_IMAGE:
            raise UsageError(f"--bytes: an image or /tmp holds 1 to {MAX_IMAGE:,} bytes; got {size}")
    if max(len(options.memories), 1) * max(len(options.sizes), 1) > MOST_CASES:
        raise UsageError(f"--memory and --bytes: at most {MOST_CASES} combinations")
    if options.seed > MOST_SEED:
        raise UsageError(f"--seed: at most {MOST_SEED}")
    return Wanted(options.memories, options.sizes, options.seed)
