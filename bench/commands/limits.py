"""Measure how near the service is to its lower bounds, side by side with raw reads and rivals.

Writes every sample to `limits.jsonl`, then makes a document and a picture from that file alone; `--from FILE` makes
them again. `--readers` measures instead how many readers pay on each storage, and `--int8` a bundle in int8 beside fp32
alone; both print tables.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from bench.commands.ranges import count
from bench.limits import document, readers, reduced, reduced_report, study
from bench.limits.facts import facts
from bench.limits.samples import Sample, Samples
from bench.process.errors import EXIT_OK, EXIT_UNSOUND
from contract.bundle import MANIFEST
from contract.checkout import IMAGES, ROOT
from contract.readers import MOST
from contract.shapes import NONE, SHAPES


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `limits`."""
    parser.add_argument("--bundle", type=Path, default=IMAGES / "bundle", help="full-size bundle (images/bundle)")
    parser.add_argument("--rounds", type=count, default=7, help="of every storage measurement (%(default)s)")
    parser.add_argument(
        "--document",
        type=Path,
        metavar="FILE",
        help="to write (docs/performance.md; with --readers or --int8 none)",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--from", dest="derive", type=Path, metavar="FILE", help="samples of an earlier run")
    what.add_argument(
        "--readers",
        type=_readers,
        nargs="*",
        metavar="N",
        help="compare one reader, these numbers, and the number that each storage has",
    )
    what.add_argument("--int8", action="store_true", help="compare the bundle in int8 beside this one with it")
    parser.add_argument("--shape", choices=SHAPES, default=NONE, help="of the lab, with --readers (%(default)s)")
    parser.set_defaults(parser=parser)


def execute(options: argparse.Namespace) -> int:
    """Measure or derive. Exit code 4 if a requirement was not met."""
    if options.readers is not None:
        return _compare_readers(options)
    if options.shape != NONE:
        options.parser.error("argument --shape: it needs --readers")
    if options.int8:
        return _compare_precisions(options)
    target = options.document or ROOT / "docs" / "performance.md"
    console = _console()
    if options.derive:
        samples = Samples.read(options.derive)
    else:
        samples, out = _begin(console, options.bundle)
        study.measure(samples, options.bundle, options.rounds, out)
    met = document.write(samples, target)
    console.print(f"document: {target}")
    return EXIT_OK if met else EXIT_UNSOUND


def _console() -> Console:
    """Where progress is shown; standard output is for the tables."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def _begin(console: Console, bundle: Path) -> tuple[Samples, Path]:
    """The samples of a new run, which are written and shown as they come, and its folder.

    Raises UsageError, before there is one, where no bundle in int8 lies beside the given one.
    """
    reduced.folders(bundle)
    out = Path("reports") / f"limits-{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}"
    out.mkdir(parents=True)
    console.print(f"samples: {out / 'limits.jsonl'}, written as they are measured")
    return Samples(out / "limits.jsonl", lambda sample: _show(console, sample)), out


def _compare_precisions(options: argparse.Namespace) -> int:
    """Measure, print the tables, and write a page with them if one is asked for."""
    if not options.rounds:
        options.parser.error("argument --rounds: --int8 needs one at least")
    samples, out = _begin(_console(), options.bundle)
    for what, said in facts(options.bundle).items():
        samples.add(Sample("fact", what, said, 0.0, ""))
    reduced.measure(samples, options.bundle, options.rounds, out)
    page = "\n".join(reduced_report.document(samples, " ".join(["bench/run.py", *sys.argv[1:]])))
    print(page)
    if options.document:
        options.document.write_text(f"{page}\n", encoding="utf-8")
    return EXIT_OK if all(row.met for row in reduced_report.rows(samples)) else EXIT_UNSOUND


def _compare_readers(options: argparse.Namespace) -> int:
    """Print the table; write a page with it, too, if one is asked for."""
    if not options.rounds:
        options.parser.error("argument --rounds: --readers needs one at least")
    if not (options.bundle / MANIFEST).is_file():
        options.parser.error(f"{options.bundle} holds no bundle: build one with `make model`")
    samples = readers.measure(options.bundle, options.shape, options.rounds, options.readers)
    print("\n".join(readers.lines(samples)))
    if options.document:
        command = " ".join(["bench/run.py", *sys.argv[1:]])
        options.document.write_text("\n".join(readers.document(samples, command)) + "\n", encoding="utf-8")
    return EXIT_OK


def _readers(text: str) -> int:
    """A number of readers that a function takes."""
    number = count(text)
    if not 1 <= number <= MOST:
        raise argparse.ArgumentTypeError(f"must be from 1 to {MOST}; got {text!r}")
    return number


def _show(console: Console, sample: Sample) -> None:
    if not sample.what.startswith("phase "):
        where = f"{sample.what} · {sample.where} · {sample.how}"
        console.print(f"{where}: {sample.value:,.4g} {sample.unit}", markup=False)
