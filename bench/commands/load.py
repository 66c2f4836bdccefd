"""Send an open-loop load to each backend in turn; report start times, lag and drops."""

from __future__ import annotations

import argparse
import functools
from datetime import UTC, datetime
from pathlib import Path

from bench.commands.options import add_backends_option, add_target_options, choice_from
from bench.commands.ranges import positive
from bench.deployments.connect import deployed
from bench.deployments.functions import Functions
from bench.deployments.live import LiveTarget
from bench.deployments.outputs import Deployment
from bench.measure.arrivals import SPACINGS, arrivals
from bench.measure.open_loop import drive
from bench.process.errors import EXIT_INTERRUPTED, EXIT_OK, EXIT_UNSOUND, UsageError
from bench.process.say import warn
from bench.report.notes import target_notes
from bench.report.views.load import derive_load
from bench.runs.facts import gather
from bench.runs.loads import LOAD, LoadFile, LoadHeader
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
        interrupted = _driven(options, directory)
        report = derive_load(directory)
    if interrupted:
        return EXIT_INTERRUPTED
    return EXIT_OK if report.is_sound else EXIT_UNSOUND


def _driven(options: argparse.Namespace, directory: Path) -> bool:
    """Send everything; whether that was interrupted."""
    try:
        _drive_all(options, directory)
    except KeyboardInterrupt:
        if not (directory / LOAD).exists():
            raise
        return True
    return False


def _drive_all(options: argparse.Namespace, directory: Path) -> None:
    warn("setting up the target …")
    with deployed(choice_from(options), options.backends, "onnx", directory / "lab.log") as deployment:
        target = LiveTarget(deployment, Functions(deployment))
        with LoadFile(directory) as file:
            file.append(_header(options, deployment))
            for name in options.backends:
                variant = Variant(deployment.backend(name).name, deployment.engine)
                due = arrivals(options.rate, options.duration, options.spacing, options.seed)
                target.call(variant)  # makes one environment, which any function in use has; not measured
                warn(f"{name}: {len(due)} requests in {options.duration:g} s …")
                drive(name, due, functools.partial(target.call, variant), options.most_at_once, file.append)


def _header(options: argparse.Namespace, deployment: Deployment) -> LoadHeader:
    storages = (f"{backend.name}: {backend.storage}" for backend in deployment.backends)
    return LoadHeader(
        kind="load",
        schema=1,
        utc=datetime.now(UTC).isoformat(timespec="seconds"),
        rate=options.rate,
        duration_s=options.duration,
        spacing=options.spacing,
        seed=options.seed,
        most_at_once=options.most_at_once,
        target=deployment.recorded(),
        facts=gather().recorded(),
        notes=(*target_notes(deployment.is_lab, deployment.weights, deployment.shape), *storages),
        backends=tuple(options.backends),
    )
