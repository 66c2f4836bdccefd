"""Measure how near the service is to its lower bounds, side by side with raw reads and rivals.

Writes every sample to `limits.jsonl`, then makes a document and a picture from that file alone; `--from FILE` makes
them again.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from bench.commands.ranges import count
from bench.limits import document, study
from bench.limits.samples import Sample, Samples
from bench.process.errors import EXIT_OK, EXIT_UNSOUND
from contract.checkout import IMAGES, ROOT


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `limits`."""
    parser.add_argument("--bundle", type=Path, default=IMAGES / "bundle", help="full-size bundle (images/bundle)")
    parser.add_argument("--rounds", type=count, default=7, help="of every storage measurement (%(default)s)")
    parser.add_argument(
        "--document", type=Path, default=ROOT / "docs" / "performance.md", help="to write (docs/performance.md)"
    )
    parser.add_argument("--from", dest="derive", type=Path, metavar="FILE", help="samples of an earlier run")


def execute(options: argparse.Namespace) -> int:
    """Measure or derive. Exit code 4 if a requirement was not met."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if options.derive:
        samples = Samples.read(options.derive)
    else:
        out = Path("reports") / f"limits-{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}"
        out.mkdir(parents=True)
        console.print(f"samples: {out / 'limits.jsonl'}, written as they are measured")
        samples = Samples(out / "limits.jsonl", lambda sample: _show(console, sample))
        study.measure(samples, options.bundle, options.rounds, out)
    met = document.write(samples, options.document)
    console.print(f"document: {options.document}")
    return EXIT_OK if met else EXIT_UNSOUND


def _show(console: Console, sample: Sample) -> None:
    if not sample.what.startswith("phase "):
        where = f"{sample.what} · {sample.where} · {sample.how}"
        console.print(f"{where}: {sample.value:,.4g} {sample.unit}", markup=False)
