"""The command line of `python -m lab up`."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import math
import sys
from collections.abc import Sequence
from pathlib import Path

from contract.cors import ORIGIN
from contract.engines import ENGINES
from contract.limits import MAX_MEMORY_MB, MAX_TIMEOUT_S, MIN_MEMORY_MB
from contract.shapes import LAMBDA, SHAPES
from contract.storages import DESCRIBED, NAMES, NO_FIGURES, USUAL_NAMES, storage, without_figures
from lab.host.errors import LabError
from lab.up.model import check_name
from lab.up.ranges import whole
from lab.up.running import running
from lab.up.serving import until_stopped
from lab.up.settings import Settings


def add_options(up: argparse.ArgumentParser) -> None:
    """The options of `lab up`."""
    defaults = Settings()
    _add_models(up, defaults)
    _add_functions(up, defaults)
    _add_environments(up, defaults)
    _add_http_api(up, defaults)
    up.add_argument("--json", action="store_true", help="print the outputs as one line of JSON")


def execute(options: argparse.Namespace) -> int:
    """Serve until a signal ends it; exit code 1 if the lab cannot come up."""
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.INFO, stream=sys.stderr)
    if options.shape != LAMBDA and (options.efs_mode, options.chunks) != (Settings.efs_mode, Settings.chunks):
        options.parser.error("arguments --efs-mode, --chunks: they need --shape lambda")
    if options.shape == LAMBDA and (unknown := without_figures(options.backends)):
        options.parser.error(f"argument --shape: {LAMBDA} has no figures of {', '.join(unknown)}, because {NO_FIGURES}")
    settings = Settings(
        bundle=options.bundle,
        models=_models(options.model, options.parser),
        backends=options.backends,
        images=options.images,
        images_dir=options.images_dir,
        engine=options.engine,
        cache=options.cache,
        shape=options.shape,
        efs_mode=options.efs_mode,
        chunks=options.chunks,
        memory_mb=options.memory,
        timeout_s=options.timeout,
        idle_s=options.idle,
        reports=options.reports,
        port=options.port,
        cors=tuple(dict.fromkeys(options.cors)),
    )
    try:
        asyncio.run(until_stopped(_serve(settings, as_json=options.json)))
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # such as a full disk, or a program that cannot be run
        print(f"lab: {error.filename or 'the lab'}: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


async def _serve(settings: Settings, *, as_json: bool) -> None:
    async with running(settings) as outputs:
        print(json.dumps(outputs.as_dict()) if as_json else outputs.as_text(), flush=True)
        await asyncio.Event().wait()


def _add_models(up: argparse.ArgumentParser, defaults: Settings) -> None:
    """Add the options for the bundles to serve."""
    up.add_argument(
        "--bundle", type=Path, default=defaults.bundle, metavar="DIR", help="model bundle (default: %(default)s)"
    )
    up.add_argument(
        "--model",
        type=_model,
        action="append",
        default=[],
        metavar="NAME=DIR",
        help="another model's bundle, answered below /NAME; may be given several times",
    )


def _add_functions(up: argparse.ArgumentParser, defaults: Settings) -> None:
    """Add the options for the functions and their code."""
    known = f"some of {DESCRIBED}, with commas between them (default: {','.join(USUAL_NAMES)})"
    up.add_argument("--backends", type=_backends, default=USUAL_NAMES, help=known)
    up.add_argument(
        "--images",
        choices=("source", "built"),
        default=defaults.images,
        help="run the functions from the working copy, or in what `python -m tools.images build` made (needs root)",
    )
    up.add_argument(
        "--images-dir",
        type=Path,
        default=defaults.images_dir,
        metavar="DIR",
        help="built images (default: %(default)s)",
    )
    up.add_argument("--engine", choices=ENGINES, default=defaults.engine)


def _add_environments(up: argparse.ArgumentParser, defaults: Settings) -> None:
    """Add the options for the execution environments: what they get, and for how long."""
    up.add_argument("--cache", choices=("cold", "warm"), default=defaults.cache, help="page cache before cold starts")
    up.add_argument(
        "--shape",
        choices=SHAPES,
        default=defaults.shape,
        help="limit environments as published figures limit those of Lambda: the processor alone, or all that can be "
        "limited here (both need root; default: %(default)s)",
    )
    up.add_argument(
        "--efs-mode",
        choices=("fast", "slow"),
        default=defaults.efs_mode,
        help="which of the two rates of EFS that were seen, with the shape lambda (default: %(default)s)",
    )
    up.add_argument(
        "--chunks",
        choices=("cached", "new"),
        default=defaults.chunks,
        help="where an image's chunks are at first, with the shape lambda: in a cache, or at their origin only, "
        "as after a deployment (default: %(default)s)",
    )
    up.add_argument(
        "--memory",
        type=whole(MIN_MEMORY_MB, MAX_MEMORY_MB),
        default=defaults.memory_mb,
        metavar="MB",
        help="memory size (default: %(default)s)",
    )
    up.add_argument(
        "--timeout",
        type=whole(1, MAX_TIMEOUT_S),
        default=defaults.timeout_s,
        metavar="S",
        help="function timeout (default: %(default)s)",
    )
    up.add_argument(
        "--idle",
        type=_seconds,
        default=defaults.idle_s,
        metavar="S",
        help="reap idle environments after (default: %(default)s)",
    )


def _add_http_api(up: argparse.ArgumentParser, defaults: Settings) -> None:
    """Add the options for the page and the HTTP API: where they are, and who may ask."""
    up.add_argument(
        "--port",
        type=whole(1, 65_535),
        default=defaults.port,
        metavar="N",
        help="port of the page and the HTTP API (default: one that is free)",
    )
    up.add_argument(
        "--reports",
        type=Path,
        default=defaults.reports,
        metavar="DIR",
        help="runs of the benchmark: the page links to the newest report among them (default: %(default)s)",
    )
    up.add_argument(
        "--cors",
        type=_origin,
        action="append",
        default=[],
        metavar="ORIGIN",
        help="let pages of this origin ask, or of all with *; may be given several times (default: none)",
    )


def _model(text: str) -> tuple[str, Path]:
    name, mark, folder = text.partition("=")
    if not mark or not folder:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=DIR, such as minilm=images/bundle-minilm")
    try:
        return check_name(name, NAMES), Path(folder)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _models(pairs: Sequence[tuple[str, Path]], parser: argparse.ArgumentParser) -> dict[str, Path]:
    names = [name for name, _ in pairs]
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        parser.error(f"argument --model: {', '.join(twice)} given twice")
    return dict(pairs)


def _origin(text: str) -> str:
    if not ORIGIN.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not an origin, such as https://example.org, and not *")
    return text


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value


def _backends(text: str) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(storage(name).name for name in text.split(",")))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
