"""Send an open-loop load to each backend in turn: intended start times, lag and drops reported."""

from __future__ import annotations

import argparse
import functools
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.commands.options import add_backends_option, add_target_options, choice_from
from bench.commands.ranges import positive
from bench.deployments.connect import deployed
from bench.deployments.functions import Functions
from bench.deployments.live import LiveTarget
from bench.deployments.outputs import Deployment
from bench.measure.arrivals import SPACINGS, arrivals
from bench.measure.open_loop import drive
from bench.process.errors import EXIT_INTERRUPTED, EXIT_OK, EXIT_UNSOUND, UsageError
from bench.process.say import say, warn
from bench.report.load import load_markdown, load_table, summarise_load
from bench.report.markdown import markdown_table
from bench.report.summary import LAB_NOTE, SYNTHETIC_NOTE
from bench.report.trust import warnings
from bench.report.write import write
from bench.runs.facts import gather
from bench.runs.loads import LOAD, LoadFile, read_load, to_json
from bench.runs.lock import only_writer
from bench.runs.plan import Variant


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `load`."""
    add_target_options(parser)
    add = parser.add_argument
    add_backends_option(parser)
    add("--rate", type=positive, default=5.0, help="requests a second (default 5)")
    add("--duration", type=positive, default=30.0, metavar="S", help="seconds for each backend (default 30)")
    add("--spacing", choices=SPACINGS, default="poisson", help="random or regular arrivals (default poisson)")
    add("--most-at-once", type=int, default=16, metavar="N", help="requests under way before one is dropped (16)")
    add("--seed", type=int, default=1, help="seed of the arrivals (default 1)")
    add("--out", type=Path, metavar="DIR", help="where to write (default reports/<UTC time>-load)")


def execute(options: argparse.Namespace) -> int:
    """Drive the load, then report; Ctrl-C reports what was measured until then."""
    if options.most_at_once < 1:
        raise UsageError("--most-at-once must be at least 1")
    directory = options.out or Path("reports") / datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ-load")
    with only_writer(directory):
        if (directory / LOAD).exists():
            raise UsageError(f"{directory} already holds a load; choose another --out")
        return _execute(options, directory)


def _execute(options: argparse.Namespace, directory: Path) -> int:
    interrupted = False
    try:
        _drive_all(options, directory)
    except KeyboardInterrupt:
        if not (directory / LOAD).exists():
            raise
        interrupted = True
    code = present_load(directory)
    return EXIT_INTERRUPTED if interrupted else code


def present_load(directory: Path) -> int:
    """Derive load.json and load.md from load.jsonl again and print the table."""
    summary = summarise_load(*read_load(directory))
    write(directory / "load.json", json.dumps(summary, indent=2) + "\n")
    write(directory / "load.md", load_markdown(summary))
    table = load_table(summary)
    for note in [*warnings(summary["untrusted"]), *summary["meta"]["notes"]]:
        say(f"! {note}")
    say(f"{table.note}\n\n{markdown_table(table)}\n")
    say(f"report: {directory / 'load.md'}")
    measured = all(item["p50_ms"] is not None for item in summary["backends"])
    return EXIT_OK if measured and not summary["untrusted"] else EXIT_UNSOUND


def _drive_all(options: argparse.Namespace, directory: Path) -> None:
    warn("setting up the target …")
    with deployed(choice_from(options), options.backends, "onnx", directory / "lab.log") as deployment:
        target = LiveTarget(deployment, Functions(deployment))
        with LoadFile(directory) as file:
            file.append(_header(options, deployment))
            for name in options.backends:
                variant = Variant(deployment.backend(name).name, deployment.engine)
                due = arrivals(options.rate, options.duration, options.spacing, options.seed)
                target.call(variant)  # makes one environment, as any function in use has; not measured
                warn(f"{name}: {len(due)} requests in {options.duration:g} s …")
                call = functools.partial(target.call, variant)
                drive(name, due, call, options.most_at_once, lambda arrival: file.append(to_json(arrival)))


def _header(options: argparse.Namespace, deployment: Deployment) -> dict[str, Any]:
    notes = [LAB_NOTE] if deployment.is_lab else []
    notes += [SYNTHETIC_NOTE] if deployment.weights == "synthetic" else []
    notes += [f"{backend.name}: {backend.storage}" for backend in deployment.backends]
    return {
        "kind": "load", "schema": 1, "utc": datetime.now(UTC).isoformat(timespec="seconds"), "rate": options.rate,
        "duration_s": options.duration, "backends": list(options.backends), "spacing": options.spacing,
        "seed": options.seed, "most_at_once": options.most_at_once, "target": deployment.recorded(), "facts": gather(),
        "notes": notes,
    }  # fmt: skip
